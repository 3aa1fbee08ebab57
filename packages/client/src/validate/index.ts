// The published entry point `switchboard-client/validate`. It brings the schemas of the contract, and zod.
import { z } from "zod";
import { createMessages, envelope, events } from "../../../../src/protocols/diet/schema.ts";

export { AccessControl, type AccessOptions } from "./access-control.ts";

/** Contract atomic-guide: Message Format. */
export interface WebSocketMessage {
  type: string;
  id?: string | undefined;
  timestamp: string;
  data?: unknown;
  error?: string | undefined;
}

/** Contract atomic-guide: Message Validation. Any frame of chat, analytics and collaboration. */
export const webSocketMessageSchema: z.ZodType<WebSocketMessage> = z.object({
  type: z.string(),
  id: z.string().optional(),
  timestamp: z.iso.datetime({ offset: true }),
  data: z.unknown().optional(),
  error: z.string().optional(),
});

/** Contract diet-game: Schema Validation. */
export interface ValidationError {
  /** Its path, such as `data.messageId`. */
  readonly field: string;
  readonly message: string;
  readonly code: string;
}
export interface ValidationResult {
  readonly isValid: boolean;
  readonly errors: ValidationError[];
}

/** Characters of one text, as a server takes them that is not configured. */
const MAX_CONTENT = 10_000;

/** Contract diet-game: MessageValidator. Says of a message what the server would. */
export class MessageValidator {
  readonly #schemas: Readonly<Record<string, z.ZodType>>;

  /** `from`: whose message it is. */
  constructor({
    from = "client",
    maxContentLength = MAX_CONTENT,
  }: { from?: "client" | "server"; maxContentLength?: number } = {}) {
    this.#schemas = from === "client" ? createMessages(maxContentLength) : events;
  }

  validate(message: unknown): ValidationResult {
    const around = envelope.safeParse(message);
    if (!around.success) return result(around.error.issues, []);
    const { type, data } = around.data;
    const schema = Object.hasOwn(this.#schemas, type) ? this.#schemas[type] : undefined;
    if (!schema) {
      return {
        isValid: false,
        errors: [{ field: "type", message: "Unknown message type", code: "unknown_type" }],
      };
    }
    const inner = schema.safeParse(data);
    return inner.success ? { isValid: true, errors: [] } : result(inner.error.issues, ["data"]);
  }
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly code: string;
}

const result = (issues: readonly Issue[], under: readonly PropertyKey[]): ValidationResult => ({
  isValid: false,
  errors: issues.map(({ path, message, code }) => ({
    ...{ message, code },
    field: [...under, ...path].map(String).join("."),
  })),
});
