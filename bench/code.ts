/**
 * What a module of 200 kB costs: `npx tsx --tsconfig tsconfig.run.json bench/code.ts`. Prints the time to bundle it, of
 * the first call, of the hundredth, and of a call of another function.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, LocalCluster } from 'heddle'

const FUNCTIONS = 1450

const folder = mkdtempSync(join(tmpdir(), 'heddle-bench-'))
const parts = Array.from(
  { length: FUNCTIONS },
  (_, i) =>
    `export const f${i} = (x) => [x, ${i}, 'part ${i}', x * ${i}].map((y) => String(y).length).reduce((a, b) => a + b)`,
)
const sum = `export const all = (x) => [${parts.map((_, i) => `f${i}`).join(',')}].reduce((s, f) => s + f(x), 0)`
writeFileSync(join(folder, 'tasks.js'), [...parts, sum, 'export const one = (x) => x + 1'].join('\n'))

async function took(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await run()
  return performance.now() - start
}

const median = (all: number[]) => all.sort((a, b) => a - b)[Math.floor(all.length / 2)] as number

const cluster = await LocalCluster.start({ workers: 1, threadsPerWorker: 1 })
const client = await Client.connect(cluster)
const other = (x: number) => x + 2
await client.submit(other, 0).result()
const bundling = performance.now()
const tasks = await client.module<{ one(x: number): number }>(join(folder, 'tasks.js'))
const bundled = performance.now() - bundling
const first = await took(() => client.submit(tasks.one, 0).result())
const calls: number[] = []
const others: number[] = []
for (let i = 1; i <= 100; i++) {
  calls.push(await took(() => client.submit(tasks.one, i).result()))
  others.push(await took(() => client.submit(other, i).result()))
}
const ms = (time: number) => `${time.toFixed(2)} ms`
console.log(`bundle ${ms(bundled)}; first call ${ms(first)}; the hundredth ${ms(calls.at(-1) as number)}`)
console.log(`median call of the module ${ms(median(calls))}; of another function ${ms(median(others))}`)
await client.close()
await cluster.close()
rmSync(folder, { recursive: true, force: true })
