import { z } from "zod";
import type { Endpoint, JsonSocket } from "../../src/verify/json-socket.ts";

const PROTOCOL = "hyperfocus-protocol-v1";
const AT = "2026-01-01T00:00:00.000Z";

const person = z.looseObject({ userId: z.string() });
export const frame = z.looseObject({
  type: z.string().optional(),
  success: z.boolean().optional(),
  data: z
    .looseObject({
      userId: z.string().optional(),
      chatId: z.string().optional(),
      status: z.string().optional(),
      isTyping: z.boolean().optional(),
      participants: z.array(person).optional(),
    })
    .optional(),
  payload: z.looseObject({ viewerCount: z.number().optional(), sequence: z.number().optional() }).optional(),
});
export type Frame = z.output<typeof frame>;

/** Where users are there for each other, in one contract. */
export interface Place {
  readonly name: string;
  readonly room: string;
  endpoint(token: string): Endpoint;
  /** Speaks first, where the contract wants that. */
  hello?(socket: JsonSocket, userId: string, token: string): void;
  /** This frame says that the connection is in. */
  isIn(frame: Frame): boolean;
  /** Who is there now, or no longer, as this frame says. */
  told?(frame: Frame): readonly (readonly [userId: string, isThere: boolean])[];
  /** A connection is told who is there when it comes. Otherwise only who comes and goes later. */
  readonly tellsAll?: boolean;
  /** How many are there, as this frame says. */
  counted?(frame: Frame): number | undefined;
  /** What a client sends while its user types. */
  typing?(userId: string): unknown;
  answerTo?(frame: Frame): unknown;
}

/** As all contracts but one name it. */
export const typistOf = ({ type, data }: Frame): string | undefined =>
  type?.startsWith("typing") && data?.isTyping ? data.userId : undefined;

const one = (userId: string | undefined, isThere: boolean) =>
  userId === undefined ? [] : [[userId, isThere] as const];

export const places: readonly Place[] = [
  {
    name: "atomic chat",
    room: "context:crowd",
    endpoint: (token) => ({ path: `/api/chat/ws?token=${token}&contextId=crowd` }),
    isIn: ({ type }) => type === "connected",
    told: ({ type, data }) =>
      type === "user_joined" || type === "user_left" ? one(data?.userId, type === "user_joined") : [],
    typing: () => ({ type: "typing", data: { isTyping: true } }),
  },
  {
    name: "gurukul",
    room: "chat:crowd",
    endpoint: (token) => ({ path: `/ws?token=${token}` }),
    hello: (socket) =>
      socket.send({ type: "chat_update", data: { action: "join", chatId: "crowd" }, timestamp: 1 }),
    isIn: ({ type, data }) => type === "chat_update" && data?.chatId === "crowd",
    typing: (userId) => ({
      type: "typing",
      data: { chatId: "crowd", userId, isTyping: true },
      timestamp: 1,
    }),
  },
  {
    name: "hyperfocus",
    room: "stream:crowd",
    endpoint: () => ({ path: "/ws", protocols: [PROTOCOL] }),
    hello: (socket, userId) =>
      socket.send({
        type: "connection:init",
        payload: {
          clientId: userId,
          streamId: "crowd",
          clientType: "viewer",
          capabilities: [],
          version: "1.0.0",
        },
        timestamp: AT,
      }),
    isIn: ({ type }) => type === "connection:ack",
    counted: ({ type, payload }) => (type === "stream:status" ? payload?.viewerCount : undefined),
    answerTo: ({ type, payload }) =>
      type === "heartbeat:ping"
        ? {
            type: "heartbeat:pong",
            payload: {
              ...{ timestamp: AT, sequence: payload?.sequence },
              stats: { latency: 0, memory: 0, queueSize: 0 },
            },
            timestamp: AT,
          }
        : undefined,
  },
  {
    name: "atomic session",
    room: "session:crowd",
    endpoint: (token) => ({ path: `/api/collaboration/ws?token=${token}` }),
    hello: (socket) =>
      socket.send({ type: "join_session", data: { sessionId: "crowd", role: "participant" } }),
    isIn: ({ type }) => type === "session_joined",
    tellsAll: true,
    told: ({ type, data }) => {
      if (type === "session_joined")
        return (data?.participants ?? []).map(({ userId }) => [userId, true] as const);
      if (type === "participant_joined") return one(data?.userId, true);
      return type === "participant_left" ? one(data?.userId, false) : [];
    },
  },
  {
    name: "diet",
    room: "group:crowd",
    endpoint: () => ({ path: "/api/diet/ws" }),
    hello: (socket, userId, token) => socket.send({ type: "auth", token, userId, sessionId: "s" }),
    isIn: ({ type, success }) => type === "auth_response" && success === true,
    tellsAll: true,
    told: ({ type, success, data }) =>
      type === "user.presence" && success === undefined ? one(data?.userId, data?.status !== "offline") : [],
    typing: (userId) => ({
      ...{ id: "typing", type: "typing.indicator", timestamp: AT },
      data: { userId, isTyping: true, conversationId: "crowd" },
    }),
  },
];
