/**
 * Every error of Heddle. Match on `code`, which is stable; class names and messages may improve.
 * `instanceof HeddleError` goes by a brand, so it holds across two copies of the package.
 */
const BRAND = Symbol.for('heddle.error')

export type HeddleErrorCode = `HEDDLE_${string}`

/** The root of all errors that Heddle raises on purpose. A bug in Heddle is an `InvariantError` instead. */
export class HeddleError extends Error {
  readonly code: HeddleErrorCode

  constructor(code: HeddleErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }

  // On the prototype: an own property would be printed with every error.
  get [BRAND](): true {
    return true
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: a subclass asks for itself
    if (this !== HeddleError) return super[Symbol.hasInstance](value)
    return typeof value === 'object' && value !== null && BRAND in value
  }
}

/** An option has a wrong name, type or value, or contradicts another. Also a `TypeError`. */
export class OptionError extends TypeError {
  readonly code: HeddleErrorCode = 'HEDDLE_OPTION'
  readonly option: string

  constructor(option: string, message: string, options?: ErrorOptions) {
    super(`${option}: ${message}`, options)
    this.name = 'OptionError'
    this.option = option
  }

  get [BRAND](): true {
    return true
  }
}

/** A connection could not be made: nothing listens, no such host, it is no Heddle node or no scheduler, or its TLS is not ours. */
export class ConnectError extends HeddleError {
  readonly address: string
  constructor(
    code:
      | 'HEDDLE_REFUSED'
      | 'HEDDLE_NO_HOST'
      | 'HEDDLE_NOT_HEDDLE'
      | 'HEDDLE_NOT_SCHEDULER'
      | 'HEDDLE_CONNECT_TIMEOUT'
      | 'HEDDLE_CONNECT'
      | 'HEDDLE_TLS',
    address: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(code, message, options)
    this.address = address
  }
}

/** A connection ended while an answer was awaited on it. */
export class CommClosedError extends HeddleError {
  readonly address: string
  constructor(address: string, reason: string, options?: ErrorOptions) {
    super('HEDDLE_COMM_CLOSED', `the connection to ${address} was closed: ${reason}`, options)
    this.address = address
  }
}

/** A peer sent what is no valid message; its connection was closed, nothing else was touched. */
export class ProtocolError extends HeddleError {
  constructor(message: string, options?: ErrorOptions) {
    super('HEDDLE_PROTOCOL', message, options)
  }
}

/** The two nodes speak different protocol numbers. */
export class VersionError extends HeddleError {
  constructor(message: string) {
    super('HEDDLE_VERSION', message)
  }
}

/** A waiting call ended by its `timeout` or `signal`; what it waited for goes on. */
export class WaitTimeoutError extends HeddleError {
  constructor(message: string, options?: ErrorOptions) {
    super('HEDDLE_WAIT_TIMEOUT', message, options)
  }
}

/** A value cannot travel; `path` says which part of it. */
export class CloneError extends HeddleError {
  readonly path: string
  constructor(code: 'HEDDLE_CLONE' | 'HEDDLE_CLASS', path: string, message: string, options?: ErrorOptions) {
    super(code, message, options)
    this.path = path
  }
}

/** Bytes that claim to be a value are not one. */
export class DecodeError extends HeddleError {
  constructor(message: string, options?: ErrorOptions) {
    super('HEDDLE_DECODE', message, options)
  }
}

/** A function uses a variable from outside itself, which cannot travel to a worker. */
export class CaptureError extends HeddleError {
  readonly variables: readonly string[]
  constructor(variables: readonly string[], message: string) {
    super('HEDDLE_CAPTURE', message)
    this.variables = variables
  }
}

/** Code could not be bundled, sent or loaded. */
export class LoadError extends HeddleError {
  constructor(
    code: 'HEDDLE_LOAD' | 'HEDDLE_NATIVE' | 'HEDDLE_TASK_NOT_TOP_LEVEL' | 'HEDDLE_FUNCTION',
    message: string,
    options?: ErrorOptions,
  ) {
    super(code, message, options)
  }
}

/** The future was cancelled, or its data was lost and cannot be made again; the message says which. */
export class CancelledError extends HeddleError {
  readonly key: string
  constructor(
    key: string,
    message: string,
    code: 'HEDDLE_CANCELLED' | 'HEDDLE_DATA_LOST' | 'HEDDLE_UNKNOWN_KEY' = 'HEDDLE_CANCELLED',
  ) {
    super(code, message)
    this.key = key
  }
}

/** The task ran longer than its `timeout` and was stopped. Time spent waiting in a queue does not count. */
export class TaskTimeoutError extends HeddleError {
  readonly key: string
  constructor(key: string, message: string) {
    super('HEDDLE_TIMEOUT', message)
    this.key = key
  }
}

/** More workers died under the task than `allowedFailures` permits. */
export class KilledWorkerError extends HeddleError {
  readonly key: string
  readonly workers: readonly string[]
  constructor(key: string, workers: readonly string[], message?: string) {
    super(
      'HEDDLE_KILLED_WORKER',
      message ??
        `${key}: ${workers.length} workers died while running it, last ${workers.at(-1)}. ` +
          'Run it alone on a worker with nthreads: 1 to see which limit it hits.',
    )
    this.key = key
    this.workers = workers
  }
}

/** Two submissions use one key for different work. Nothing of the second was registered. */
export class KeyConflictError extends HeddleError {
  readonly key: string
  constructor(key: string, message: string) {
    super('HEDDLE_KEY_CONFLICT', message)
    this.key = key
  }
}

/** A graph is not one: it has a cycle, or names a key that does not exist. */
export class GraphError extends HeddleError {
  constructor(message: string) {
    super('HEDDLE_GRAPH', message)
  }
}

/** The connection to the scheduler is gone; nothing that was pending can be answered. */
export class SchedulerLostError extends HeddleError {
  readonly address: string
  constructor(address: string, message: string, options?: ErrorOptions) {
    super('HEDDLE_SCHEDULER_LOST', message, options)
    this.address = address
  }
}

/** The object was closed (client, worker, cluster) and takes no further calls. */
export class ClosedError extends HeddleError {
  constructor(what: string) {
    super('HEDDLE_CLOSED', `${what} is closed`)
  }
}

/** A node refused to join: its name or address is taken, or it is not allowed. */
export class RegistrationError extends HeddleError {
  constructor(message: string) {
    super('HEDDLE_REGISTRATION', message)
  }
}

/** A remote handler failed with something that is no HeddleError. */
export class RemoteError extends HeddleError {
  constructor(message: string, options?: ErrorOptions) {
    super('HEDDLE_REMOTE', message, options)
  }
}

/** An exception of Python's, from a Dask cluster: its class, its text, and its traceback as text. */
export class PythonError extends HeddleError {
  /** The exception's class: `ValueError`; with its module where that is not `builtins`. */
  readonly type: string
  /** As Python prints it; undefined where it was not sent. */
  readonly traceback: string | undefined
  constructor(type: string, message: string, traceback?: string, options?: ErrorOptions) {
    super('HEDDLE_PYTHON', message, options)
    this.type = type
    this.traceback = traceback
  }
}

/** A task could not run where it was sent (memory, thread died, code missing). */
export class TaskError extends HeddleError {
  readonly key: string
  constructor(
    code:
      | 'HEDDLE_THREAD_DIED'
      | 'HEDDLE_OUT_OF_MEMORY'
      | 'HEDDLE_DISK_FULL'
      | 'HEDDLE_INPUTS_TOO_BIG'
      | 'HEDDLE_NO_WORKER',
    key: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(code, message, options)
    this.key = key
  }
}

/** Nobody could start the task: the workers that could run it are full, and nothing can leave their memory by itself. */
export class MemoryFullError extends HeddleError {
  /** `where`: whose memory. */
  constructor(where: string, reason: string) {
    super(
      'HEDDLE_DISK_FULL',
      `this task could not be started: the memory of ${where} is full, and ${reason}. ` +
        'Make room there, give the worker more memory, or release results.',
    )
  }
}

/** Thrown by a task that is in the wrong place or too early: the scheduler runs it again, elsewhere if it can. */
export class Reschedule extends HeddleError {
  constructor(reason = 'the task asked to be run again') {
    super('HEDDLE_RESCHEDULE', reason)
  }
}

/** A bug in Heddle: an invariant of a core does not hold. Carries the story of the key. */
export class InvariantError extends Error {
  readonly key: string
  readonly story: readonly unknown[]
  constructor(key: string, reason: string, story: readonly unknown[] = []) {
    super(`${key}: ${reason}\n${story.map((s) => `  ${typeof s === 'string' ? s : JSON.stringify(s)}`).join('\n')}`)
    this.name = 'InvariantError'
    this.key = key
    this.story = story
  }
}
