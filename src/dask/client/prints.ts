/** What tasks print, as an event of Dask's: its own clients print it, too. */
import type { FromWorker, ToClient } from '../../protocol/messages.js'
import type { ClientId } from '../../protocol/names.js'
import { type Fields, isMapping } from '../wire/plain.js'

/** The topic of such events. */
export const PRINTS = 'print'

type Line = ToClient['task-log']

/** A line for the client that wants it; `worker` is a name. */
export function printEvent(line: FromWorker['task-log'], worker: string, client: ClientId): object {
  const { key, level, text } = line
  const file = level === 'warn' || level === 'error' ? 2 : 1
  const msg = { args: [text], sep: null, end: null, file, flush: null, heddle: { client, key, worker, level } }
  return { op: 'log-event', topic: PRINTS, msg }
}

/** The line in an event, if it is for this client. */
export function printedIn(event: Fields, client: ClientId): (Line & { op: 'task-log' })[] {
  const pair: unknown = event.get('event')
  const said: unknown = Array.isArray(pair) ? pair[1] : undefined
  const ours: unknown = isMapping(said) ? said.get('heddle') : undefined
  if (!isMapping(said) || !isMapping(ours) || ours.get('client') !== client) return []
  const args: unknown = said.get('args')
  const text = (name: string) => String(ours.get(name))
  const level = text('level') as Line['level']
  return [
    {
      op: 'task-log',
      key: text('key'),
      worker: text('worker'),
      level,
      text: String(Array.isArray(args) ? args[0] : ''),
    },
  ]
}
