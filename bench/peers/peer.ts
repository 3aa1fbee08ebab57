/** A server that is not ours, on this machine. */
export interface Peer {
  label: string;
  /** What must be done before it can be started; undefined when nothing. */
  missing(): string | undefined;
  /** It has to listen on this port of 127.0.0.1; the directory is its own. */
  command(port: number, directory: string): string[];
}
