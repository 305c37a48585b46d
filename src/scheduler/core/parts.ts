/** A graph that travels in parts is one message here: nothing of it is looked at before its last part has come. */
import type { FromClient, FromClientMessage, MapSpec } from '../../protocol/messages.js'
import type { Key } from '../../protocol/names.js'
import type { ClientRecord } from './client-record.js'
import { ArgsPacker } from './packed-args.js'
import type { Submission, SubmittedTask } from './submission.js'

type Graph = FromClient['update-graph'] & { op: 'update-graph' }

/** What has come of a graph, put together. */
export interface Parts extends Submission {
  readonly op: 'update-graph'
  readonly tasks: SubmittedTask[]
  readonly maps: MapSpec[]
  readonly keys: Key[]
  readonly packer: ArgsPacker
  /** How many messages it was. */
  messages: number
  /** What came is void, and so is the rest. */
  isVoid: boolean
}

/** The graph, if this was all of it. */
export function joined(client: ClientRecord, message: Graph): Graph | Parts | undefined {
  if (!message.more && client.parts === undefined) return message
  const { code: _, more, ...first } = message
  const packer = new ArgsPacker()
  client.parts ??= { ...first, tasks: [], maps: [], keys: [], packer, messages: 0, isVoid: false }
  const { parts } = client
  parts.messages++
  if (!parts.isVoid) append(parts, message)
  if (more) return undefined
  client.parts = undefined
  if (!parts.isVoid) return parts
  client.taken += parts.messages
  return undefined
}

/** No spreading: a part may have more than fit on the stack. */
function append(parts: Parts, { tasks, maps = [], keys }: Graph): void {
  for (const task of tasks) parts.tasks.push({ ...task, args: parts.packer.pack(task.args) })
  for (const map of maps) parts.maps.push(map)
  for (const key of keys) parts.keys.push(key)
}

/** Nothing is wanted any more of a graph that is on its way. */
export function voidParts({ parts }: ClientRecord): void {
  if (parts === undefined) return
  parts.isVoid = true
  for (const list of [parts.tasks, parts.maps, parts.keys]) list.length = 0
}

/** As how many the client counts it. */
export function messagesIn(message: FromClientMessage | Parts): number {
  return 'messages' in message ? message.messages : 1
}
