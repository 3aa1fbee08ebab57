import type { JetStreamManager } from "@nats-io/jetstream";

/** How often a part is asked for that no server gives. */
const TRIES = 10;
const RETRY_MS = 200;

/** An object, as the object store of the servers describes it. */
export interface StoredObject {
  readonly name: string;
  readonly size: number;
  /** Its parts are under this id. */
  readonly nuid: string;
  readonly digest: string;
  /** When it was stored. */
  readonly mtime: string;
  readonly deleted?: boolean;
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * Reads the objects of a bucket by requests. The library of NATS reads them through a consumer: it takes a minute to
 * notice that this is lost, and begins that minute again with each lost connection.
 */
export class StoredObjects {
  readonly #stream: string;

  constructor(
    private readonly manager: JetStreamManager,
    private readonly bucket: string,
  ) {
    this.#stream = `OBJ_${bucket}`;
  }

  async list(): Promise<StoredObject[]> {
    const { streams } = this.manager;
    const { state } = await streams.info(this.#stream, { subjects_filter: `$O.${this.bucket}.M.>` });
    const found: StoredObject[] = [];
    for (const subject of Object.keys(state.subjects ?? {})) {
      const message = await streams.getMessage(this.#stream, { last_by_subj: subject });
      const object = message?.json<StoredObject>();
      if (object && !object.deleted) found.push(object);
    }
    return found;
  }

  /** The content of an object, part by part. Throws in the end when it is not what was stored. */
  async *parts({ digest, name, nuid, size }: StoredObject): AsyncGenerator<Uint8Array> {
    const hasher = new Bun.CryptoHasher("sha256");
    for (let [read, from] = [0, 1]; read < size; ) {
      const { data, seq } = await this.#part(nuid, from);
      hasher.update(data);
      yield data;
      read += data.length;
      from = seq + 1;
    }
    const found = `SHA-256=${hasher.digest("base64").replaceAll("+", "-").replaceAll("/", "_")}`;
    if (found !== digest) throw new Error(`${name} is not what was stored`);
  }

  /** The first part from a place on. Any server answers, and one that has it not yet may answer before one that has. */
  async #part(nuid: string, from: number): Promise<{ readonly data: Uint8Array; readonly seq: number }> {
    const query = { seq: from, next_by_subj: `$O.${this.bucket}.C.${nuid}` };
    let reason: unknown = new Error(`a part of ${nuid} is missing`);
    for (let tries = 1; tries <= TRIES; tries++) {
      try {
        const part = await this.manager.direct.getMessage(this.#stream, query);
        if (part) return part;
      } catch (error) {
        reason = error;
      }
      await Bun.sleep(RETRY_MS);
    }
    throw reason;
  }
}
