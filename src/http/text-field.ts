import { cleanText } from "../core/protocol/text.ts";
import { text } from "../core/protocol/text-schemas.ts";

/** A short text, such as a title, cleaned as the texts in frames are. */
export const textField = (maxLength: number) => text(maxLength).transform(cleanText);
