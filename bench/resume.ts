/**
 * `bun run bench/resume.ts [--clients 5000] [--rooms 50] [--rate 500] [--away 2,10] [--server FULL]`: a crowd is cut off at
 * once and comes back at once, while others go on talking. See README.md.
 */
import { parseArgs } from "node:util";
import { cpuOf, waitOf } from "./cpu.ts";
import { caption } from "./machine.ts";
import { startLoad } from "./resume-side.ts";
import type { Resumes } from "./resume-speech.ts";
import { labelOf, startServer } from "./servers.ts";

const STEADY_MS = 4_000;
const { values } = parseArgs({
  options: {
    clients: { type: "string", default: "5000" },
    rooms: { type: "string", default: "50" },
    rate: { type: "string", default: "500" },
    away: { type: "string", default: "2,10" },
    server: { type: "string", multiple: true, default: ["FULL", "socket.io"] },
  },
});
const [clients, rooms, rate] = [Number(values.clients), Number(values.rooms), Number(values.rate)];
const ms = (time: number | undefined) => (time === undefined ? "–" : time.toFixed(time < 10 ? 1 : 0));

async function play(server: Resumes): Promise<void> {
  await using processes = new AsyncDisposableStack();
  const { port, pid } = await startServer(server, "", processes, { env: { RECOVERY: "1" } });
  const crowd = startLoad({ side: "crowd", server, port, rooms, clients, rate }, processes);
  await crowd.next();
  const stayed = startLoad({ side: "stayed", server, port, rooms, clients, rate }, processes);
  await stayed.next();
  await Bun.sleep(STEADY_MS);
  await stayed.ask("look");
  const steadyCpu = cpuOf(pid);
  await Bun.sleep(STEADY_MS);
  const steady = await stayed.ask("look");
  const cpuASecond = (cpuOf(pid) - steadyCpu) / (STEADY_MS / 1_000);
  console.log(`\n${labelOf(server)}: ${clients} clients in ${rooms} rooms, ${rate} messages a second`);
  console.log(
    `before: p50 ${ms(steady.p50)} ms, p99 ${ms(steady.p99)} ms, max ${ms(steady.max)} ms; ${(cpuASecond / 1e7).toFixed(0)} % of a core`,
  );
  for (const away of values.away.split(",").map(Number)) {
    await crowd.ask("cut");
    await Bun.sleep(away * 1_000);
    const { number } = await stayed.ask("look");
    const [cpu, waited, start] = [cpuOf(pid), waitOf(pid), performance.now()];
    const back = await crowd.ask(`back ${number}`);
    const seconds = (performance.now() - start) / 1_000;
    const spent = cpuOf(pid) - cpu;
    const during = await stayed.ask("look");
    const waitedShare = (waitOf(pid) - waited) / 1e7 / seconds;
    const extra = spent - cpuASecond * seconds;
    console.log(
      `away ${away} s: ${back.whole} whole, ${back.broken} not; all connected in ${ms(back.inAfter)} ms, half whole in ${ms(back.half)} ms, all in ${ms(back.all)} ms, of ${back.missed} missed events; ` +
        `p99 of those who stayed ${ms(during.p99)} ms, max ${ms(during.max)} ms${during.isBroken ? ", WHO MISSED SOMETHING" : ""}; ` +
        `CPU ${(spent / 1e9).toFixed(2)} s, beyond the live traffic ${(extra / 1e3 / back.missed).toFixed(1)} µs an event, ${(extra / 1e3 / clients).toFixed(0)} µs a client; the server waited for its core ${waitedShare.toFixed(0)} % of the time`,
    );
    await Bun.sleep(3_000);
    await stayed.ask("look");
  }
}

console.log(caption());
for (const server of values.server) await play(server as Resumes);
