/** A center and workers in this process, from the built package, for one test. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { Center, type CenterApi, rpc, Worker, type WorkerApi, type WorkerOptions } from 'heddle'
import { afterEach, expect } from 'vitest'
import type { WireEvent } from '../../src/rpc/trace.js'

const open: { close(): Promise<unknown> }[] = []

/** Closed at the end of the test, in the opposite order. */
export function closing<T extends { close(): Promise<unknown> }>(one: T): T {
  open.unshift(one)
  return one
}

afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

/** A center at a free port. */
export async function startCenter(port = 0): Promise<Center> {
  const center = closing(new Center('127.0.0.1', port, { validate: true }))
  await center.start()
  return center
}

/** A worker of that center, and the proxy through which others speak to it. */
export async function startWorker(
  center: { ip: string; port: number },
  name: string,
  options: WorkerOptions = {},
): Promise<{ worker: Worker; proxy: ReturnType<typeof rpc<WorkerApi>>; address: string }> {
  const worker = closing(new Worker(center.ip, center.port, { name, nthreads: 1, validate: true, ...options }))
  await worker.start()
  return { worker, proxy: closing(rpc<WorkerApi>(worker.address)), address: worker.address }
}

/** The page's network: a center, Alice and Bob. */
export async function aliceAndBob(options: WorkerOptions = {}) {
  const center = await startCenter()
  const alice = await startWorker(center, 'alice', options)
  const bob = await startWorker(center, 'bob', options)
  return { center, alice, bob, ask: closing(rpc<CenterApi>(`${center.ip}:${center.port}`)) }
}

/** Every message between the nodes of this process from now on, until the test ends. */
export function record(): WireEvent[] {
  const events: WireEvent[] = []
  const hear = (event: unknown) => void events.push(event as WireEvent)
  subscribe('heddle:wire', hear)
  closing({ close: async () => void unsubscribe('heddle:wire', hear) })
  return events
}

/** Stands before a node and counts what passes, in both directions. */
export class Toll {
  /** To the node, and back from it. */
  there = 0
  back = 0
  readonly ip = '127.0.0.1'
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(to: { ip: string; port: number }) {
    this.#server = createServer((near) => {
      const far = connect(to.port, to.ip)
      near.on('data', (chunk) => {
        this.there += chunk.length
        far.write(chunk)
      })
      far.on('data', (chunk) => {
        this.back += chunk.length
        near.write(chunk)
      })
      for (const [from, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from)
        from.on('error', () => other.destroy())
        from.on('close', () => other.destroy())
      }
    })
  }

  static async before(to: { ip: string; port: number }): Promise<Toll> {
    const toll = closing(new Toll(to))
    await new Promise<void>((resolve) => toll.#server.listen(0, '127.0.0.1', resolve))
    return toll
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

/** The center's two views are each other's transpose. */
export function expectTransposed(center: Center): void {
  const pairs = (map: ReadonlyMap<string, Iterable<string>>, swap: boolean) =>
    [...map].flatMap(([a, bs]) => [...bs].map((b) => (swap ? `${b} ${a}` : `${a} ${b}`))).sort()
  expect(pairs(center.whoHas, false)).toEqual(pairs(center.hasWhat, true))
}
