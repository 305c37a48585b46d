/** A client's stream to a Dask scheduler. */
import { HeddleError, ProtocolError } from '../../errors.js'
import type { CancelReason, FromClientMessage } from '../../protocol/messages.js'
import type { ClientId, Key } from '../../protocol/names.js'
import type { StreamLine, Translation } from '../../rpc/foreign.js'
import { encode } from '../../values/encode.js'
import { keyText, theirKeys } from '../keys.js'
import { readPickle } from '../pickle/read.js'
import { isCodeKey } from '../typescript.js'
import { daskCodec, packDask, unpackDask } from '../wire/codec.js'
import { type Fields, fieldsOf } from '../wire/plain.js'
import { ClusterCode } from './code.js'
import { errorIn } from './failures.js'
import { keysOf, submission } from './graph.js'
import { ourWorkers, replicate } from './members.js'
import { PRINTS, printedIn } from './prints.js'
import { noteOnVersion } from './versions.js'

const HEARTBEAT_MS = 5000
const TYPES_KEPT = 1000

/** Registers the client, as one whose packages are those of the scheduler: none of ours would mean anything to it. */
export async function openClientStream(
  client: ClientId,
  line: StreamLine,
): Promise<{ reply: unknown; translation: Translation }> {
  const versions = unpackDask(await line.ask(packDask({ op: 'versions', reply: true })))
  const note = noteOnVersion(versions, line.peer)
  const welcome = unpackDask(await line.ask(packDask({ op: 'register-client', client, reply: false, versions })))
  const [first, ...early] = Array.isArray(welcome) ? welcome : [welcome]
  const start = fieldsOf(first, 'a welcome')
  if (start.get('op') !== 'stream-start') throw new ProtocolError(`${line.peer} did not welcome this client`)
  const refused = start.get('error')
  if (refused) throw new HeddleError('HEDDLE_REGISTRATION', `${line.peer} refuses this client: ${String(refused)}`)
  return {
    reply: { status: 'OK', epoch: 0, heartbeat: HEARTBEAT_MS },
    translation: new ClientTranslation(client, line, early, note),
  }
}

type Tell = (message: unknown) => void

class ClientTranslation implements Translation {
  readonly codec = daskCodec
  readonly #client: ClientId
  readonly #line: StreamLine
  /** What came together with the welcome, in our form. */
  #early: unknown[]
  readonly #types = new Map<string, string>()
  readonly #code: ClusterCode
  /** What is said while code is on its way, in order. */
  #held: unknown[] | undefined
  #say: (message: unknown) => void = () => {}
  #hearsPrints = false

  constructor(client: ClientId, line: StreamLine, early: unknown[], note: string | undefined) {
    this.#client = client
    this.#line = line
    this.#code = new ClusterCode({
      say: (message) => this.#say(message),
      workers: () => ourWorkers(line),
      replicate: (keys, workers) => replicate(line, keys, workers),
    })
    this.#early = early.flatMap((message) => this.#inward(fieldsOf(message, 'a message')))
    if (note !== undefined) this.#early.push({ op: 'note', code: 'HEDDLE_DASK', msg: note })
  }

  early(): unknown[] {
    const early = this.#early
    this.#early = []
    return early
  }

  outward(message: unknown, answer: Tell, say: Tell): unknown[] {
    this.#say = say
    if (this.#held === undefined) return this.#outward(message, answer)
    this.#held.push(message)
    return []
  }

  #outward(message: unknown, answer: Tell): unknown[] {
    const said = message as FromClientMessage
    switch (said.op) {
      case 'update-graph':
        return this.#graph(said, answer)
      case 'client-desires-keys':
      case 'client-releases-keys':
        return [{ op: said.op, keys: theirKeys(said.keys), client: this.#client }]
      case 'cancel-keys':
        return [
          {
            op: said.op,
            keys: theirKeys(said.keys),
            client: this.#client,
            force: said.force,
            reason: said.reason,
            msg: said.reason,
          },
        ]
      case 'client-releases-code':
        return [{ op: 'client-releases-keys', keys: this.#code.release(said.hashes), client: this.#client }]
      case 'retry':
        void this.#retry(said.keys, answer)
        return []
      default:
        return [{ op: said.op }]
    }
  }

  inward(message: unknown): unknown[] {
    return this.#inward(fieldsOf(message, 'a message'))
  }

  /** What cannot run there fails at once, and nothing else. */
  #graph(graph: FromClientMessage & { op: 'update-graph' }, answer: Tell): unknown[] {
    try {
      this.#code.add(graph.code ?? [])
      const { message, refused, code } = submission(graph, this.#code.needsOf, this.#client)
      for (const [key, reason] of refused) answer(cancelled([key], 'bad-graph', reason))
      if (message === undefined) return []
      if (graph.options?.logs === true) this.#listenToPrints()
      const placing = this.#code.place(code)
      if (placing === undefined) return [message]
      this.#held = []
      void placing.then(() => this.#goOn(message, answer))
      return []
    } catch (error) {
      const maps = (graph.maps ?? []).flatMap(({ prefix, length }) => keysOf(prefix, length))
      answer(cancelled([...graph.tasks.map(({ key }) => key), ...maps], 'bad-graph', (error as Error).message))
      return []
    }
  }

  /** What our workers print for anybody is told to all who have asked for prints. */
  #listenToPrints(): void {
    if (this.#hearsPrints) return
    this.#hearsPrints = true
    this.#say({ op: 'subscribe-topic', topic: PRINTS, client: this.#client })
  }

  /** Says what was held; that may have to be held again. */
  #goOn(first: unknown, answer: Tell): void {
    const held = this.#held ?? []
    this.#held = undefined
    this.#say(first)
    while (held.length > 0 && this.#held === undefined)
      for (const message of this.#outward(held.shift(), answer)) this.#say(message)
    // What was said last may have to wait for code of its own.
    if (held.length > 0) (this.#held as unknown[] | undefined)?.push(...held)
  }

  /** That is a request of Dask's. The scheduler then says of each task that it is under way again. */
  async #retry(keys: readonly Key[], answer: Tell): Promise<void> {
    try {
      const frames = packDask({ op: 'retry', keys: theirKeys(keys), client: this.#client, reply: true })
      const reply = unpackDask(await this.#line.beside(frames))
      if (reply instanceof Map && reply.has('exception')) throw errorIn(reply)
    } catch (error) {
      answer(cancelled(keys, 'cancelled', `it could not be tried again: ${(error as Error).message}`))
    }
  }

  #inward(message: Fields): unknown[] {
    const key = keyText(message.get('key'))
    if (isCodeKey(key)) return this.#ofCode(String(message.get('op')), key)
    switch (message.get('op')) {
      case 'key-in-memory':
        return [
          {
            op: 'key-in-memory',
            key,
            nbytes: 0,
            typename: this.#typename(message.get('type')),
            who_has: [this.#line.peer],
          },
        ]
      case 'task-erred':
        return [{ op: 'task-erred', key, error: encode(errorIn(message)), blame: key }]
      case 'lost-data':
      case 'task-retried':
        return [{ op: message.get('op'), key }]
      case 'cancelled-keys':
        return this.#cancelled(message)
      case 'event':
        return printedIn(message, this.#client)
      case 'restart':
        this.#code.forgetPlaces()
        return [{ op: 'restart' }]
      case 'error':
        return [{ op: 'note', code: 'HEDDLE_DASK', msg: `the scheduler says: ${errorIn(message).message}` }]
      default:
        return []
    }
  }

  /** Nobody else knows of these keys. */
  #ofCode(op: string, key: Key): unknown[] {
    if (op === 'key-in-memory' || op === 'task-erred') this.#code.arrived(key)
    return []
  }

  #cancelled(message: Fields): unknown[] {
    const names = listed(message.get('keys'))
    for (const key of names) if (isCodeKey(key)) this.#code.lost(key)
    const tasks = names.filter((key) => !isCodeKey(key))
    return tasks.length === 0 ? [] : [cancelledBy(tasks, message)]
  }

  /** The class's name, which comes as a pickle; there are few. */
  #typename(pickle: unknown): string {
    if (!(pickle instanceof Uint8Array)) return 'unknown'
    const bytes = Buffer.from(pickle).toString('latin1')
    const known = this.#types.get(bytes)
    if (known !== undefined) return known
    if (this.#types.size >= TYPES_KEPT) this.#types.clear()
    const name = nameIn(pickle)
    this.#types.set(bytes, name)
    return name
  }
}

function nameIn(pickle: Uint8Array): string {
  try {
    return String(readPickle(pickle)).replace(/^builtins\./, '')
  } catch {
    return 'unknown'
  }
}

function cancelled(keys: readonly Key[], reason: CancelReason, msg: string): object {
  return { op: 'cancelled-keys', keys, reason, msg }
}

function listed(keys: unknown): Key[] {
  return keys instanceof Set || Array.isArray(keys) ? [...keys].map(keyText) : []
}

function cancelledBy(names: readonly Key[], message: Fields): object {
  const reason = String(message.get('reason'))
  const isLost = /lost/.test(reason)
  const msg = `the scheduler dropped ${names[0] ?? 'it'}: ${[reason, message.get('msg')].filter(Boolean).join('; ')}`
  return cancelled(names, isLost ? 'lost-dependencies' : 'cancelled', msg)
}
