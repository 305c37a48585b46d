import { CancelledError, ClosedError, GraphError, KeyConflictError } from '../errors.js'
import type { CancelReason, ToClientMessage } from '../protocol/messages.js'
import type { Key } from '../protocol/names.js'
import type { Session } from './session.js'

type Handlers = { [M in ToClientMessage as M['op']]: (session: Session, message: M) => void }

const HANDLERS: Handlers = {
  'stream-start': () => {},
  // What is not acknowledged could be sent again to a scheduler that came back; there is none that does, yet.
  ack: () => {},
  load: (session, load) => session.window.onLoad(load),
  'key-in-memory': (session, message) => session.wants.find(message.key)?.settle(session.outcomes.finished(message)),
  'task-erred': (session, { key, error, blame }) => session.wants.find(key)?.settle({ status: 'error', error, blame }),
  'code-lost': ({ outbox }, { hash }) => outbox.forgetCode(hash),
  'lost-data': (session, { key }) => session.wants.find(key)?.settle({ status: 'lost' }),
  'task-retried': (session, { key }) => session.wants.find(key)?.settle(undefined),
  'cancelled-keys': (session, { keys, reason, msg }) => {
    for (const key of keys) cancel(session, key, reason, msg)
  },
  note: ({ logger }, { code, key, msg }) => logger.warn(`[${code}] ${msg}`, key === undefined ? {} : { key }),
  'task-log': (session, { op: _, ...line }) => session.printLog(line),
  restart: (session) => {
    for (const state of session.wants.all()) {
      const error = new CancelledError(state.key, `${state.key} was dropped when the cluster was restarted`)
      state.settle({ status: 'cancelled', error })
    }
  },
}

/** Takes in what the scheduler says. Keys that were released meanwhile are of no interest. */
export function onMessage<M extends ToClientMessage>(session: Session, message: M): void {
  const handle = HANDLERS[message.op] as (session: Session, message: M) => void
  handle(session, message)
}

function cancel(session: Session, key: Key, reason: CancelReason, msg: string): void {
  session.wants.find(key)?.settle({ status: 'cancelled', error: errorOf(key, reason, msg) })
}

function errorOf(key: Key, reason: CancelReason, msg: string): Error {
  switch (reason) {
    case 'cancelled':
      return new CancelledError(key, msg)
    case 'lost-data':
    case 'lost-dependencies':
      return new CancelledError(key, msg, 'HEDDLE_DATA_LOST')
    case 'unknown-key':
      return new CancelledError(key, `'${key}': ${msg}`, 'HEDDLE_UNKNOWN_KEY')
    case 'key-conflict':
      return new KeyConflictError(key, msg)
    case 'bad-graph':
      return new GraphError(msg)
    case 'closed':
      return new ClosedError('the scheduler')
  }
}
