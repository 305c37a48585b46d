/** One worker process of BullMQ: node worker.mjs PORT QUEUE */
import { Worker } from 'bullmq'

const [port, queue] = process.argv.slice(2)

const tasks = {
  noop: () => null,
  inc: (x) => x + 1,
  /** A millisecond of work. */
  spin() {
    const until = performance.now() + 1
    while (performance.now() < until);
  },
}

/** A job without a number of its own works on what the job before it returned. */
async function run(job) {
  const [data] = typeof job.data === 'number' ? [job.data] : Object.values(await job.getChildrenValues())
  return tasks[job.name](data)
}

const worker = new Worker(queue, run, {
  connection: { host: '127.0.0.1', port: Number(port), maxRetriesPerRequest: null },
  concurrency: 1,
})
await worker.waitUntilReady()
console.log('ready')
