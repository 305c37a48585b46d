import { isMainThread } from 'node:worker_threads'

/** How long the scheduler may take to say what was running. */
const PATIENCE_MS = 400

/** A client as it is looked at when the program is interrupted. */
export interface Interruptible {
  /** Of its futures, those whose tasks have not ended. */
  readonly unfinished: number
  /** Results that are there and were not fetched. */
  readonly unfetched: number
  /** Undefined if the scheduler cannot say. */
  progress(): Promise<{ readonly running: number; readonly waiting: number } | undefined>
  /** Says goodbye to the scheduler, which so lets go of everything; whoever waits here waits on. */
  sayGoodbye(): Promise<void>
}

const open = new Set<Interruptible>()

/**
 * Says at Ctrl-C what becomes of the tasks of this client, and lets go of them; then the program ends as it would have.
 * Whoever listens to SIGINT too decides for himself what happens: then nothing is said or done.
 */
export function watchInterrupt(client: Interruptible): void {
  // Signals come to the main thread alone.
  if (!isMainThread) return
  if (open.size === 0) process.on('SIGINT', onInterrupt)
  open.add(client)
}

/** Ends what `watchInterrupt` began. */
export function unwatchInterrupt(client: Interruptible): void {
  open.delete(client)
  if (open.size === 0) process.off('SIGINT', onInterrupt)
}

function onInterrupt(): void {
  if (process.listenerCount('SIGINT') > 1) return
  // A second one ends the program at once.
  process.off('SIGINT', onInterrupt)
  const clients = [...open]
  open.clear()
  void interrupt(clients).finally(() => process.kill(process.pid, 'SIGINT'))
}

async function interrupt(clients: readonly Interruptible[]): Promise<void> {
  const unfinished = sum(clients.map((client) => client.unfinished))
  const unfetched = sum(clients.map((client) => client.unfetched))
  const progress = unfinished === 0 ? [] : await inTime(Promise.all(clients.map((client) => client.progress())))
  const text = textOf(unfinished, progress)
  if (text !== '') process.stderr.write(`Interrupted: ${text}.${fetchedText(unfetched)}\n`)
  await inTime(Promise.all(clients.map((client) => client.sayGoodbye())))
}

type Progress = Awaited<ReturnType<Interruptible['progress']>>

function textOf(unfinished: number, progress: readonly Progress[] | undefined): string {
  if (unfinished === 0) return ''
  const known = progress?.every((one) => one !== undefined)
  if (!known) return `${tasks(unfinished)} unfinished; all were cancelled`
  const running = sum(progress!.map((one) => one!.running))
  const waiting = sum(progress!.map((one) => one!.waiting))
  return `${tasks(running)} running, ${waiting} waiting; all were cancelled`
}

function fetchedText(unfetched: number): string {
  if (unfetched === 0) return ''
  return ` (${unfetched === 1 ? '1 result was' : `${unfetched} results were`} not fetched.)`
}

function tasks(n: number): string {
  return n === 1 ? '1 task was' : `${n} tasks were`
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0)
}

/** Undefined when it failed, or took too long. The program does not end meanwhile. */
async function inTime<T>(promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS, undefined)
  })
  const found = await Promise.race([promise.catch(() => undefined), late])
  clearTimeout(timer)
  return found
}
