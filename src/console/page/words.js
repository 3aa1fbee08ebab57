/** What stands in a box of names: separated by spaces or commas. */
export const words = (text) => text.split(/[\s,]+/).filter((word) => word !== "");
