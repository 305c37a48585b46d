import { connect as connectSocket, type Socket } from 'node:net'
import { preludeOf } from '../../../src/comm/framing.js'
import type { LogFields, Logger } from '../../../src/log/log.js'
import { pack } from '../../../src/protocol/codec.js'
import { ConnectionPool, type PoolOptions } from '../../../src/rpc/pool.js'
import { Server, type ServerOptions } from '../../../src/rpc/server.js'
import { Deferred } from '../../../src/util/deferred.js'

export const fine = () => undefined

/** Keeps what was logged. */
export class Lines implements Logger {
  readonly lines: { level: string; message: string; fields: LogFields | undefined }[] = []
  readonly debug = this.#at('debug')
  readonly info = this.#at('info')
  readonly warn = this.#at('warn')
  readonly error = this.#at('error')

  texts(level: string): string[] {
    return this.lines.filter((line) => line.level === level).map(({ message }) => message)
  }

  #at(level: string) {
    return (message: string, fields?: LogFields) => void this.lines.push({ level, message, fields })
  }
}

/** What a test opened, closed again in reverse order. */
export class Opened {
  readonly #close: (() => unknown)[] = []

  add<T extends { close(): unknown }>(one: T): T {
    this.#close.push(() => one.close())
    return one
  }

  async close(): Promise<void> {
    for (const close of this.#close.splice(0).reverse()) await close()
  }

  pool(options?: PoolOptions): ConnectionPool {
    return this.add(new ConnectionPool(options))
  }

  /** A server at `at`; operations without a check accept anything. */
  async serve(at: string, options: Partial<ServerOptions>): Promise<{ server: Server; address: string; log: Lines }> {
    const log = new Lines()
    const { handlers = {}, streams = {} } = options
    const all = Object.fromEntries([...Object.keys(handlers), ...Object.keys(streams)].map((op) => [op, fine]))
    const server = this.add(
      new Server({ name: 'worker', logger: log, ...options, handlers, streams, checks: { ...all, ...options.checks } }),
    )
    return { server, address: await server.listen(at), log }
  }
}

/** A peer that speaks bytes. */
export class RawPeer {
  readonly ended: Promise<void>
  readonly #socket: Socket
  #received = Buffer.alloc(0)
  #waiting: { nbytes: number; done: Deferred<void> }[] = []

  constructor(address: string) {
    const { hostname, port } = new URL(address.replace('tcp:', 'http:'))
    this.#socket = connectSocket({ host: hostname.replace(/[[\]]/g, ''), port: Number(port) })
    this.#socket.on('error', () => {})
    this.#socket.on('data', (chunk) => this.#take(chunk))
    this.ended = new Promise((resolve) => this.#socket.once('close', () => resolve()))
  }

  get received(): Buffer {
    return this.#received
  }

  write(bytes: Uint8Array): void {
    this.#socket.write(bytes)
  }

  /** One message of these frames. */
  send(...frames: Uint8Array[]): void {
    this.write(framed(...frames))
  }

  say(message: unknown): void {
    this.send(...pack(message))
  }

  /** Resolves when so many bytes have arrived in all. */
  async arrived(nbytes: number): Promise<void> {
    if (this.#received.byteLength >= nbytes) return
    const done = new Deferred<void>()
    this.#waiting.push({ nbytes, done })
    await done.promise
  }

  /** Says who it is as a Heddle node would, and waits for the other's greeting. */
  async greet(): Promise<this> {
    this.say({ compression: null, python: [3, 11, 0], 'pickle-protocol': 5, heddle: { protocol: 1, version: '0.1.0' } })
    await this.arrived(60)
    return this
  }

  pause(): void {
    this.#socket.pause()
  }

  close(): void {
    this.#socket.destroy()
  }

  #take(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk])
    for (const { nbytes, done } of this.#waiting) if (this.#received.byteLength >= nbytes) done.resolve()
  }
}

/** The bytes of one message. */
export function framed(...frames: Uint8Array[]): Buffer {
  return Buffer.concat([preludeOf(frames), ...frames])
}
