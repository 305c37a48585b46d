import type { FromClientMessage } from '../protocol/messages.js'
import type { Key } from '../protocol/names.js'
import type { Explanation } from '../protocol/requests.js'
import { itemIndex } from '../util/item-index.js'
import type { Session } from './session.js'

/** Why a key is in its state, as data. What has not left this client is unknown to the scheduler, which is said here. */
export async function explainKey(session: Session, key: Key): Promise<Explanation> {
  const { explanation } = await session.request('explain', { key })
  return (explanation.state === 'unknown' ? explainUnsent(session, key) : undefined) ?? explanation
}

function explainUnsent({ outbox, window, wants }: Session, key: Key): Explanation | undefined {
  if (outbox.held.some((message) => makes(message, key))) {
    const text = `${key} waits in this client: a large argument of it, or of what was submitted before it, is being put on a worker first`
    return { key, state: 'unsent', obstacle: 'large-argument', text }
  }
  if (window.held.some((message) => makes(message, key))) {
    const text = `${key} waits in this client: the scheduler has as many tasks of it as it may have, and gets more as those end`
    return { key, state: 'unsent', obstacle: 'window', text }
  }
  if (wants.find(key)?.isSettled === false)
    return { key, state: 'unsent', text: `${key} is on its way to the scheduler` }
  return undefined
}

/** Is it one of the tasks of this message? */
function makes(message: FromClientMessage, key: Key): boolean {
  if (message.op !== 'update-graph') return false
  const { tasks, maps = [] } = message
  return tasks.some((task) => task.key === key) || maps.some(({ prefix, length }) => isItem(key, prefix, length))
}

function isItem(key: Key, prefix: string, length: number): boolean {
  const index = key.startsWith(`${prefix}-`) ? itemIndex(key, prefix.length + 1) : -1
  return index >= 0 && index < length
}
