export const kindOf = (room: string): string => room.slice(0, Math.max(0, room.indexOf(":")));

/** The name that stands for all rooms of a kind. */
export const allOf = (kind: string): string => `${kind}:*`;

/** Rooms of the core's own, in which every connection is that may be spoken to so. */
export const userRoom = (protocol: string, userId: string): string => `${protocol}-user:${userId}`;

export const everyoneRoom = (protocol: string): string => `${protocol}-everyone:all`;
