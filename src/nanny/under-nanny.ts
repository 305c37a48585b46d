import { rmSync } from 'node:fs'
import type { FromChild, StartedInfo, StartOptions, ToChild } from './ipc.js'

/** With nobody left to kill it, a worker process that does not end when told ends itself after this. */
const LAST_GRACE_MS = 500
const MEMORY_EVERY_MS = 200

/** What a worker process runs. */
export interface Charge {
  readonly info: StartedInfo
  /** Resolves when it has ended by itself, to whether another should take its place; rejects when it broke. */
  readonly finished: Promise<boolean>
  close(reason: string): Promise<unknown>
  /** Bytes of the process's memory that hold nothing and can be used again. */
  reclaimable?(): number
}

/** `isSuccessor`: it takes the place of one that ended for that. */
type Start = (options: StartOptions, isSuccessor: boolean) => Promise<Charge>

/**
 * The whole life of a worker process under a nanny: waits for its options, starts, and ends when it is told to or when
 * the nanny is gone. Signals from the terminal reach every process of the group at once; the nanny heeds them.
 */
export function serveUnderNanny(start: Start): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
  let charge: Promise<Charge> | undefined

  async function end(reason: string): Promise<void> {
    setTimeout(() => leave(0, { op: 'closing', reason }), LAST_GRACE_MS).unref()
    const running = await charge?.catch(() => undefined)
    await running?.close(reason).catch(() => {})
    await leave(0, { op: 'closing', reason })
  }

  // The nanny does it as well, unless it is gone by then.
  process.once('exit', removeScratch)
  const endAlone = () => void end('its nanny is gone')

  process.on('message', (message: ToChild) => {
    if (message.op === 'close') return void end(message.reason)
    charge = start(message.options, message.isSuccessor)
    void attend(charge)
  })
  process.on('disconnect', endAlone)
  // The nanny may have gone while this process was loading.
  if (!process.connected) endAlone()
}

function removeScratch(): void {
  const [, , scratch] = process.argv
  if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true })
}

async function attend(charge: Promise<Charge>): Promise<void> {
  try {
    const running = await charge
    await send({ op: 'started', info: running.info })
    reportMemory(running)
    running.finished.then((again) => leave(0, { op: again ? 'again' : 'closing', reason: 'it was finished' }), crash)
  } catch (error) {
    await leave(1, { op: 'failed', ...wordsOf(error) })
  }
}

/** A worker that breaks while it runs ends its process like any other uncaught error, and is started again. */
function crash(error: unknown): void {
  setImmediate(() => {
    throw error
  })
}

function reportMemory(charge: Charge): void {
  if (charge.reclaimable === undefined) return
  let last = 0
  setInterval(() => {
    const reclaimable = charge.reclaimable?.() ?? 0
    if (reclaimable !== last) void send({ op: 'memory', reclaimable })
    last = reclaimable
  }, MEMORY_EVERY_MS).unref()
}

function wordsOf(error: unknown): { code: string; message: string } {
  const { code, message }: NodeJS.ErrnoException = error instanceof Error ? error : new Error(String(error))
  return { code: typeof code === 'string' ? code : 'HEDDLE_WORKER_FAILED', message }
}

function send(message: FromChild): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected && process.send) process.send(message, () => resolve())
    else resolve()
  })
}

async function leave(code: number, message: FromChild): Promise<void> {
  await send(message)
  process.exit(code)
}
