/** The names in a field, which spaces or commas separate. */
export const words = (text) => text.split(/[\s,]+/).filter((word) => word !== "");
