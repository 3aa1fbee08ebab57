/**
 * The frame of a stored event for a connection that asked for offsets: two more fields at the top level. `after` is the
 * offset that the room's last frame had, where that is not the number before.
 */
export const numbered = (frame: string, room: string, offset: number, after = offset - 1): string =>
  `${frame.slice(0, -1)},"room":${JSON.stringify(room)},"offset":${offset}${after === offset - 1 ? "" : `,"after":${after}`}}`;
