/**
 * The messages of which there is one for each task travel without the names of their fields, in a fixed order, and are
 * checked while they are read.
 */
import { ProtocolError } from '../errors.js'
import { Encoded } from '../values/encoded.js'
import {
  aBoolean,
  aCount,
  addresses,
  aFunctionRef,
  aKey,
  aNumber,
  anAmount,
  anEncoded,
  anInteger,
  aText,
  type Check,
  listOf,
  mapOf,
  orNull,
  readable,
  recordOf,
  sizes,
  whoHas,
} from './checks.js'
import type { FromWorkerMessage, ToClientMessage, ToWorkerMessage } from './messages.js'
import type { MsgpackReader } from './msgpack-reader.js'
import type { MsgpackWriter } from './msgpack-writer.js'

/** How the messages of one operation are written and read. */
export interface CompactForm {
  write(writer: MsgpackWriter, message: never): void
  /** For a node of the same process: what the other side would read. Undefined: it has more than most, and is to be written. */
  copy(message: never): object | undefined
  /** @throws ProtocolError when it is no such message. */
  read(reader: MsgpackReader): object
}

type ComputeTask = Extract<ToWorkerMessage, { op: 'compute-task' }>
type TaskFinished = Extract<FromWorkerMessage, { op: 'task-finished' }>
type KeyInMemory = Extract<ToClientMessage, { op: 'key-in-memory' }>

/** Bytes of a value that goes along in a copy of a message. */
const COPIED_MAX = 1024
const NO_BUFFERS: readonly Uint8Array[] = []

const aPriority = listOf(aNumber)
const inlines = mapOf(aKey, anEncoded)
const resources = recordOf(anAmount)
const anInline = orNull(anEncoded)

/** Those that most tasks do not have. */
type Rare = {
  [Name in keyof ComputeTask as Pick<ComputeTask, Name> extends Required<Pick<ComputeTask, Name>>
    ? never
    : Name]: ComputeTask[Name]
}

/** In the order of their bits. */
const RARE = Object.entries({
  who_has: whoHas,
  nbytes: sizes,
  inline: inlines,
  resource_restrictions: resources,
  timeout: anAmount,
  effect: aBoolean,
  mutates: aBoolean,
  logs: aBoolean,
} satisfies { [Name in keyof Rare]-?: Check }) as readonly [keyof Rare, Check][]

/** In front of all stands which rare fields there are, bit by bit; these come last. */
const computeTask = {
  write(writer: MsgpackWriter, message: ComputeTask): void {
    const { key, run_id, priority, function: ref, args, attempt } = message
    const rare = rareOf(message)
    writer.item(rare)
    writer.item(key)
    writer.item(run_id)
    writer.item(priority)
    writer.again(ref)
    writer.item(args)
    writer.item(attempt)
    if (rare !== 0) for (const [i, [name]] of RARE.entries()) if (rare & (1 << i)) writer.item(message[name])
  },
  copy(message: ComputeTask): ComputeTask | undefined {
    const { key, run_id, priority, function: ref, attempt } = message
    const args = rareOf(message) === 0 ? copyOf(message.args) : undefined
    if (args === undefined) return undefined
    return { op: 'compute-task', key, run_id, priority: priority.slice(), function: ref, args, attempt }
  },
  read(reader: MsgpackReader): ComputeTask {
    const rare = take<number>(reader, aCount, 'the set of fields')
    const message: ComputeTask = {
      op: 'compute-task',
      key: checked(reader.fresh(), aKey, 'key'),
      run_id: take(reader, anInteger, 'run_id'),
      priority: take(reader, aPriority, 'priority'),
      function: checked(reader.again(), aFunctionRef, 'function'),
      args: take(reader, anEncoded, 'args'),
      attempt: take(reader, aCount, 'attempt'),
    }
    if (rare === 0) return message
    const found = RARE.filter((_, i) => rare & (1 << i)).map(([name, check]) => [name, take(reader, check, name)])
    return Object.assign(message, Object.fromEntries(found))
  },
}

const taskFinished = {
  write(writer: MsgpackWriter, message: TaskFinished): void {
    writer.item(message.key)
    writer.item(message.run_id)
    writer.item(message.nbytes)
    writer.again(message.typename)
    writer.item(message.thread)
    writer.item(message.start)
    writer.item(message.stop)
    writer.item(message.inline)
  },
  copy({ key, run_id, nbytes, typename, thread, start, stop, inline: own }: TaskFinished): TaskFinished | undefined {
    const inline = own && copyOf(own)
    if (inline === undefined) return undefined
    return { op: 'task-finished', key, run_id, nbytes, typename, thread, start, stop, inline }
  },
  read(reader: MsgpackReader): TaskFinished {
    const key = checked<string>(reader.fresh(), aKey, 'key')
    const run_id = take<number>(reader, anInteger, 'run_id')
    const nbytes = take<number>(reader, aCount, 'nbytes')
    const typename = checked<string>(reader.again(), aText, 'typename')
    const thread = take<number>(reader, aCount, 'thread')
    const start = take<number>(reader, aNumber, 'start')
    const stop = take<number>(reader, aNumber, 'stop')
    const inline = take<Encoded | null>(reader, anInline, 'inline')
    if (inline === null) return { op: 'task-finished', key, run_id, nbytes, typename, thread, start, stop }
    return { op: 'task-finished', key, run_id, nbytes, typename, thread, start, stop, inline }
  },
}

const keyInMemory = {
  write(writer: MsgpackWriter, message: KeyInMemory): void {
    writer.item(message.key)
    writer.item(message.nbytes)
    writer.again(message.typename)
    writer.item(message.who_has)
    writer.item(message.inline)
  },
  copy({ key, nbytes, typename, who_has, inline: own }: KeyInMemory): KeyInMemory | undefined {
    const inline = own && copyOf(own)
    return inline && { op: 'key-in-memory', key, nbytes, typename, who_has: who_has.slice(), inline }
  },
  read(reader: MsgpackReader): KeyInMemory {
    const key = checked<string>(reader.fresh(), aKey, 'key')
    const nbytes = take<number>(reader, aCount, 'nbytes')
    const typename = checked<string>(reader.again(), aText, 'typename')
    const who_has = take<string[]>(reader, addresses, 'who_has')
    const inline = take<Encoded | null>(reader, anInline, 'inline')
    if (inline === null) return { op: 'key-in-memory', key, nbytes, typename, who_has }
    return { op: 'key-in-memory', key, nbytes, typename, who_has, inline }
  },
}

/** The operations that have a compact form. */
export type CompactOp = 'compute-task' | 'task-finished' | 'key-in-memory'

/** The form of that operation, if it has one. */
export function compactForm(op: CompactOp): CompactForm
export function compactForm(op: string | undefined): CompactForm | undefined
export function compactForm(op: string | undefined): CompactForm | undefined {
  if (op === 'task-finished') return taskFinished
  if (op === 'compute-task') return computeTask
  return op === 'key-in-memory' ? keyInMemory : undefined
}

/** Undefined for a large value: its memory is the receiver's affair. */
function copyOf({ head, buffers, nbytes }: Encoded): Encoded | undefined {
  return head.byteLength > COPIED_MAX || buffers.length > 0
    ? undefined
    : new Encoded(new Uint8Array(head), NO_BUFFERS, nbytes)
}

/** Written out: `message[name]` would cost more than all the rest. */
function rareOf(message: ComputeTask): number {
  let bits = 0
  if (message.who_has !== undefined) bits |= 1
  if (message.nbytes !== undefined) bits |= 2
  if (message.inline !== undefined) bits |= 4
  if (message.resource_restrictions !== undefined) bits |= 8
  if (message.timeout !== undefined) bits |= 16
  if (message.effect !== undefined) bits |= 32
  if (message.mutates !== undefined) bits |= 64
  if (message.logs !== undefined) bits |= 128
  return bits
}

function take<T>(reader: MsgpackReader, check: Check, name: string): T {
  return checked(reader.value(), check, name)
}

function checked<T>(value: unknown, check: Check, name: string): T {
  const reason = check(value)
  if (reason === undefined) return value as T
  throw new ProtocolError(readable(reason.startsWith('[') ? `${name}${reason}` : `${name} ${reason}`) as string)
}
