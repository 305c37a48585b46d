/**
 * The entry of the one process behind a LocalCluster: it holds the scheduler, which runs no user code, and is the nanny
 * of the worker processes. It ends, and they with it, when the user's process closes it or is gone.
 */
import { compileSooner } from '../util/compile-sooner.js'
import { type ClusterHost, startClusterHost } from './cluster-host.js'
import type { ClusterPlan } from './cluster-plan.js'
import type { FromHost, ToHost } from './host-messages.js'
import { processCrew } from './process-crew.js'

const CLOSE_WITHIN_MS = 1500

compileSooner()

// Ctrl-C reaches every process of the terminal's group; the user's process decides what it means.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})

let host: Promise<ClusterHost> | undefined

process.on('message', (message: ToHost) => {
  if (message.op === 'start') void start(message.plan)
  else if (message.op === 'close') void end()
  else void answer(message)
})
process.on('disconnect', end)
// The user's process may have gone while this one was loading.
if (!process.connected) void end()

async function start(plan: ClusterPlan): Promise<void> {
  host = startClusterHost(plan, (address) => processCrew(plan, address, tellWorkers))
  try {
    const { address, workers } = await host
    send({ op: 'ready', address, workers })
  } catch (error) {
    send({ op: 'failed', ...wordsOf(error) })
    await end()
  }
}

async function tellWorkers(): Promise<void> {
  const running = await host?.catch(() => undefined)
  if (running) send({ op: 'workers', workers: running.workers })
}

async function answer(message: Extract<ToHost, { id: number }>): Promise<void> {
  try {
    const running = await host
    if (message.op === 'scale') await running?.scale(message.count)
    else await running?.kill(message.name)
    await tellWorkers()
    send({ op: 'done', id: message.id })
  } catch (error) {
    send({ op: 'done', id: message.id, error: wordsOf(error) })
  }
}

async function end(): Promise<void> {
  setTimeout(() => process.exit(0), CLOSE_WITHIN_MS).unref()
  const running = await host?.catch(() => undefined)
  await running?.close().catch(() => {})
  process.exit(0)
}

function send(message: FromHost): void {
  // An error here means that the user's process is gone, which 'disconnect' tells.
  if (process.connected) process.send?.(message, () => {})
}

function wordsOf(error: unknown): { code: string; message: string } {
  const { code, message }: NodeJS.ErrnoException = error instanceof Error ? error : new Error(String(error))
  return { code: code ?? 'HEDDLE_CLUSTER', message }
}
