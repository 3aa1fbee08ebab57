// Loaded before a node starts, for `verify --cluster`: its clock is beside the right time, and elsewhere after each
// SIGUSR2. Only what tells the time is changed; timers and ages run as ever.
const MOST_MS = 10_000;
const { now } = Date;
const seed = Number(process.env["VERIFY_CLOCK"] ?? "0");
let jumps = 0;

function offset(): number {
  const part = Number(Bun.hash.wyhash(`${seed} ${jumps}`) % 2_001n) / 1_000 - 1;
  return Math.round(part * MOST_MS);
}
let beside = offset();

Date.now = () => now() + beside;
process.on("SIGUSR2", () => {
  jumps++;
  beside = offset();
});
