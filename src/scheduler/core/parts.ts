/** A graph that travels in parts is one message here: nothing of it is looked at before its last part has come. */
import type { FromClient, FromClientMessage } from '../../protocol/messages.js'
import type { ClientRecord } from './client-record.js'

type Graph = FromClient['update-graph'] & { op: 'update-graph' }

/** What has come of a graph, put together. */
export interface Parts extends Graph {
  readonly maps: NonNullable<Graph['maps']>
  /** How many messages it was. */
  messages: number
  /** What came is void, and so is the rest. */
  isVoid: boolean
}

/** The graph, if this was all of it. */
export function joined(client: ClientRecord, message: Graph): Graph | undefined {
  if (!message.more && client.parts === undefined) return message
  const { code: _, more, ...first } = message
  client.parts ??= { ...first, tasks: [], maps: [], keys: [], messages: 0, isVoid: false }
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
  for (const task of tasks) parts.tasks.push(task)
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
export function messagesIn(message: FromClientMessage): number {
  return 'messages' in message ? (message as Parts).messages : 1
}
