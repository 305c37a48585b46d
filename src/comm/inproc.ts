import { CommClosedError, ConnectError } from '../errors.js'
import type { Address } from '../protocol/names.js'
import type { Allocate, Comm, ConnectOptions, Listener, ListenOptions, Transport } from './comm.js'
import { FrameCopy } from './frame-copy.js'
import { ordinaryMemory } from './framing.js'
import { HIGH_WATER_MARK, OBJECT_BYTES } from './limits.js'

const listeners = new Map<Address, ListenOptions>()
let count = 0
const LONGEST_MS = 2 ** 31 - 1
/** What is copied in one turn of the event loop: a gibibyte would hold it for a third of a second. */
const SLICE_BYTES = 4 * 1024 * 1024

/**
 * Nodes of one process. Frames are handed over in a later turn, the large ones as copies in memory of the receiver: each
 * node uses its own again when it likes.
 */
export const inproc: Transport = { scheme: 'inproc', connect, listen }

async function connect(address: Address, options: ConnectOptions): Promise<Comm> {
  options.signal?.throwIfAborted()
  const target = listeners.get(address)
  if (!target) throw new ConnectError('HEDDLE_REFUSED', address, `nothing is listening at ${address} in this process.`)
  return joinTo(address, target, options)
}

/** A connection to one who listens in this process, at an address of any scheme. */
export function joinTo(address: Address, target: ListenOptions, options: ConnectOptions): Comm {
  const near = new InprocComm(`inproc://${++count}`, address, options.allocate)
  const far = new InprocComm(address, near.localAddress, target.allocate)
  near.join(far)
  target.onComm(far)
  return near
}

async function listen(address: Address, options: ListenOptions): Promise<Listener> {
  if (listeners.has(address)) {
    throw new ConnectError(
      'HEDDLE_CONNECT',
      address,
      `cannot listen at ${address}: the name is in use in this process.`,
    )
  }
  listeners.set(address, options)
  const close = async () => void listeners.delete(address)
  return { address, close, ref() {}, unref() {} }
}

interface Parcel {
  readonly frames: Uint8Array[]
  readonly beside: readonly object[] | undefined
  readonly nbytes: number
  readonly onWritten: (() => void) | undefined
}

class InprocComm implements Comm {
  readonly isNear = true
  onMessage: Comm['onMessage'] = () => {}
  onClose: (reason: Error | undefined) => void = () => {}
  /** Set by `join`, before anything can be sent. */
  #peer!: InprocComm
  /** What the peer sent and this end has not taken. */
  #inbox: Parcel[] = []
  /** Of the first of these, while that is being copied. */
  #copy: FrameCopy | undefined
  #pendingBytes = 0
  receivedBytes = 0
  #paused = false
  #immediate: NodeJS.Immediate | undefined
  #waiting: (() => void)[] = []
  #closed = false
  /** The peer is gone: `onClose` follows the last message. */
  #ending: { reason: Error | undefined } | undefined
  #saidClosed = false
  /** There is no handle behind it that could keep the process alive. */
  readonly #alive = setInterval(() => {}, LONGEST_MS)

  constructor(
    readonly localAddress: Address,
    readonly peerAddress: Address,
    readonly allocate: Allocate = ordinaryMemory,
  ) {}

  join(peer: InprocComm): void {
    this.#peer = peer
    peer.#peer = this
  }

  get closed(): boolean {
    return this.#closed || this.#ending !== undefined
  }

  get pendingBytes(): number {
    return this.#pendingBytes
  }

  send(frames: readonly Uint8Array[], onWritten?: () => void, beside?: readonly object[]): void {
    if (this.#closed || this.#ending) {
      if (onWritten) queueMicrotask(onWritten)
      return
    }
    let nbytes = (beside?.length ?? 0) * OBJECT_BYTES
    for (const frame of frames) nbytes += frame.byteLength
    this.#pendingBytes += nbytes
    this.#peer.#inbox.push({ frames: [...frames], beside, nbytes, onWritten })
    this.#peer.#schedule()
  }

  flush(): void {}

  trust(): void {}

  drained(): Promise<void> {
    if (this.#closed || this.#pendingBytes < HIGH_WATER_MARK) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#schedule()
  }

  ref(): void {
    this.#alive.ref()
  }

  unref(): void {
    this.#alive.unref()
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#peer.#end(undefined)
    this.#finish(undefined)
  }

  abort(reason: Error): void {
    if (this.#closed) return
    this.#peer.#dropInbox()
    this.#peer.#end(new CommClosedError(this.localAddress, 'it was aborted there'))
    this.#finish(reason)
  }

  #schedule(): void {
    if (!this.#closed) this.#immediate ??= setImmediate(() => this.#deliver())
  }

  #deliver(): void {
    this.#immediate = undefined
    let left = SLICE_BYTES
    while (!this.#paused && !this.#closed) {
      const parcel = this.#inbox[0]
      if (!parcel) break
      this.#copy ??= new FrameCopy(parcel.frames, this.allocate)
      left -= this.#copy.goOn(left)
      if (!this.#copy.isDone) return this.#schedule()
      const { frames } = this.#copy
      this.#copy = undefined
      this.#inbox.shift()
      this.#peer.#taken(parcel)
      this.receivedBytes += parcel.nbytes
      this.onMessage(frames, parcel.beside)
    }
    if (this.#ending && this.#inbox.length === 0) this.#finish(this.#ending.reason)
  }

  #taken({ nbytes, onWritten }: Parcel): void {
    this.#pendingBytes -= nbytes
    onWritten?.()
    if (this.#pendingBytes < HIGH_WATER_MARK) this.#release()
  }

  #end(reason: Error | undefined): void {
    this.#ending ??= { reason }
    this.#schedule()
  }

  #finish(reason: Error | undefined): void {
    this.#closed = true
    clearInterval(this.#alive)
    this.#dropInbox()
    this.#release()
    if (this.#saidClosed) return
    this.#saidClosed = true
    setImmediate(() => this.onClose(reason))
  }

  #dropInbox(): void {
    this.#copy = undefined
    for (const parcel of this.#inbox.splice(0)) this.#peer.#taken(parcel)
  }

  #release(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
