/**
 * BullMQ on a Redis of its own that writes nothing to disk; two worker processes, which take one job at a time. This
 * process is the client. It is a queue, not a cluster: values go through Redis.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { FlowProducer, Queue, QueueEvents } from 'bullmq'
import { runCases } from '../cases.ts'
import { latencyFigures, medianSeconds, throughput } from '../measure.ts'
import manifest from './package.json' with { type: 'json' }

const CHAIN = 2000
const NAME = 'bench'
const range = (n) => Array.from({ length: n }, (_, i) => i)

const port = await freePort()
const begun = performance.now()
const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
const redis = spawn('redis-server', settings, { stdio: ['ignore', 'pipe', 'inherit'] })
await said(redis, 'Ready to accept')
const worker = fileURLToPath(new URL('./worker.mjs', import.meta.url))
const workers = range(2).map(() =>
  spawn(process.execPath, [worker, String(port), NAME], { stdio: ['ignore', 'pipe', 'inherit'] }),
)
const connection = { host: '127.0.0.1', port, maxRetriesPerRequest: null }
const queue = new Queue(NAME, { connection })
const flows = new FlowProducer({ connection })
const events = new QueueEvents(NAME, { connection })
let completed = 0
let onCompleted = () => {}
events.on('completed', () => {
  completed++
  onCompleted()
})
await Promise.all([events.waitUntilReady(), ...workers.map((one) => said(one, 'ready'))])
await call('inc', 1)
const start = (performance.now() - begun) / 1000

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  return port
}

async function said(child, words) {
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) if (`${chunk}`.includes(words)) break
  child.stdout.resume()
}

async function call(name, data) {
  const job = await queue.add(name, data)
  return await job.waitUntilFinished(events)
}

async function map(name, n) {
  const target = completed + n
  await queue.addBulk(range(n).map((data) => ({ name, data })))
  while (completed < target)
    await new Promise((resolve) => {
      onCompleted = resolve
    })
}

/** Each job has the one before it as its child. */
async function chain() {
  let job = { name: 'inc', queueName: NAME, data: 0 }
  for (let i = 1; i < CHAIN; i++) job = { name: 'inc', queueName: NAME, children: [job] }
  const last = await (await flows.add(job)).job.waitUntilFinished(events)
  if (last !== CHAIN) throw new Error(`${last} is not ${CHAIN}`)
}

const cases = {
  async map10k() {
    await map('noop', 1000)
    const { perSecond, cpuMicros } = await throughput(10_000, () => map('noop', 10_000))
    return { map10k: perSecond, map10kCpu: cpuMicros }
  },
  async latency() {
    return latencyFigures((i) => call('inc', i))
  },
  async chain() {
    return { chain: CHAIN / (await medianSeconds(chain)) }
  },
  async spin() {
    return { spin: 1 / (await medianSeconds(() => map('spin', 2000))) }
  },
}

const versions = { bullmq: manifest.dependencies.bullmq }
await runCases({ versions, figures: { start }, failed: [] }, cases, process.argv[2]?.split(','))
await Promise.all([queue.close(), flows.close(), events.close()])
for (const child of [...workers, redis]) child.kill()
