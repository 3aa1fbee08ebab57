import { dlopen, type Pointer, ptr } from "bun:ffi";

/**
 * The few Linux calls that the load generator needs. It reads into memory of its own and runs no event loop:
 * with Bun's sockets (an event, a callback and a Buffer for each read) it cost as much as the servers it loads.
 */
const libc = dlopen("libc.so.6", {
  socket: { args: ["i32", "i32", "i32"], returns: "i32" },
  connect: { args: ["i32", "buffer", "i32"], returns: "i32" },
  setsockopt: { args: ["i32", "i32", "i32", "buffer", "i32"], returns: "i32" },
  send: { args: ["i32", "buffer", "u64", "i32"], returns: "i32" },
  recv: { args: ["i32", "ptr", "u64", "i32"], returns: "i32" },
  close: { args: ["i32"], returns: "i32" },
  epoll_create1: { args: ["i32"], returns: "i32" },
  epoll_ctl: { args: ["i32", "i32", "i32", "buffer"], returns: "i32" },
  epoll_wait: { args: ["i32", "buffer", "i32", "i32"], returns: "i32" },
}).symbols;

const [AF_INET, SOCK_STREAM, IPPROTO_TCP, TCP_NODELAY, SOL_SOCKET, SO_RCVBUF, SO_RCVTIMEO] = [
  2, 1, 6, 1, 1, 8, 20,
] as const;
const [MSG_DONTWAIT, MSG_NOSIGNAL] = [0x40, 0x4000] as const;
const [EPOLL_CTL_ADD, EPOLLIN, EPOLLET] = [1, 1, 0x80000000] as const;
const ANSWER_SECONDS = 10n;

/** A TCP connection to 127.0.0.1, as a file descriptor; `receiveBuffer` in bytes. Throws when nobody listens. */
export function connectTo(port: number, receiveBuffer?: number): number {
  const fd = libc.socket(AF_INET, SOCK_STREAM, 0);
  // The window is agreed on when the connection is made.
  if (receiveBuffer !== undefined) {
    libc.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, Buffer.from(new Int32Array([receiveBuffer]).buffer), 4);
  }
  const address = Buffer.alloc(16);
  address.writeUInt16LE(AF_INET, 0);
  address.writeUInt16BE(port, 2);
  address.set([127, 0, 0, 1], 4);
  if (libc.connect(fd, address, address.length) !== 0) {
    libc.close(fd);
    throw new Error(`no connection to port ${port}`);
  }
  libc.setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, Buffer.from([1, 0, 0, 0]), 4);
  const timeout = new BigInt64Array([ANSWER_SECONDS, 0n]);
  libc.setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, Buffer.from(timeout.buffer), 16);
  return fd;
}

/** Sends without waiting; false when the kernel did not take all of it. */
export const sendNow = (fd: number, bytes: Buffer, length: number): boolean =>
  libc.send(fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL) === length;

/** Sends all of it, and waits while the kernel has no room; false when the peer is gone. */
export const sendAll = (fd: number, bytes: Buffer): boolean =>
  libc.send(fd, bytes, bytes.length, MSG_NOSIGNAL) === bytes.length;

export const closeSocket = (fd: number): void => void libc.close(fd);

/** What all sockets are read into; good until the next read. */
export const inbox = Buffer.alloc(1 << 20);
const start: Pointer = ptr(inbox);

/**
 * Reads into `inbox` from `offset` on. Returns the number of bytes, 0 when the peer has closed, -1 when there
 * is nothing (or, with `wait`, when nothing came within 10 s).
 */
export const receive = (fd: number, offset: number, wait: boolean): number =>
  libc.recv(fd, offset === 0 ? start : ptr(inbox, offset), inbox.length - offset, wait ? 0 : MSG_DONTWAIT);

// The kernel packs the structure on x86-64 alone.
const EVENT_BYTES = process.arch === "x64" ? 12 : 16;
const DATA_AT = EVENT_BYTES - 8;

/** Tells which of its sockets have something new to read; each must then be read until nothing is left. */
export class Readiness {
  readonly #fd = libc.epoll_create1(0);
  readonly #events: Buffer;

  constructor(readonly most: number) {
    this.#events = Buffer.alloc(EVENT_BYTES * most);
  }

  /** `key`: what `wait` calls this socket. */
  add(fd: number, key: number): void {
    const event = Buffer.alloc(EVENT_BYTES);
    event.writeUInt32LE((EPOLLIN | EPOLLET) >>> 0, 0);
    event.writeUInt32LE(key, DATA_AT);
    libc.epoll_ctl(this.#fd, EPOLL_CTL_ADD, fd, event);
  }

  /** Waits at most `ms`; returns how many sockets are ready, their keys told by `key`. */
  wait(ms: number): number {
    return libc.epoll_wait(this.#fd, this.#events, this.most, ms);
  }

  key(index: number): number {
    return this.#events.readUInt32LE(index * EVENT_BYTES + DATA_AT);
  }
}
