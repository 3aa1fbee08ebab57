import { conformance } from "../conformance.ts";
import { samples } from "./samples.ts";

conformance("diet", samples);
