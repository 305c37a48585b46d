/** What Python has and JavaScript has not, as inert data: it can be looked at, kept and written again, never run. */

/** A float whose value is an integer, an infinity or NaN aside: other numbers say by themselves what they are. */
export class PyFloat {
  constructor(readonly value: number) {}

  valueOf(): number {
    return this.value
  }
}

/** A tuple; a list is an array. */
export class PyTuple {
  constructor(readonly items: readonly unknown[]) {}
}

/** A frozenset; a set is a `Set`. */
export class PyFrozenSet {
  constructor(readonly items: readonly unknown[]) {}
}

/** A bytearray; bytes are a `Uint8Array`. */
export class PyByteArray {
  constructor(readonly bytes: Uint8Array) {}
}

/** Memory beside the pickle, as arrays have it. */
export class PyBuffer {
  constructor(
    readonly bytes: Uint8Array,
    readonly readonly: boolean,
  ) {}
}

/** A name in a Python module: a class, a function. Only its name. */
export class PyGlobal {
  constructor(
    readonly module: string,
    readonly name: string,
  ) {}

  toString(): string {
    return `${this.module}.${this.name}`
  }
}

/** How Python would make the object: `callable(*args)`, `cls.__new__(cls, *args)`, or the latter with keywords. */
export type Making = 'call' | 'new' | 'new-with-keywords'

/** Any other object: how Python would make it again. */
export class PyObject {
  /** Given to `__setstate__`; undefined: there is none (None is null). */
  state: unknown
  /** Appended, as to a list, and added, as to a dict. */
  readonly items: unknown[] = []
  readonly entries: (readonly [unknown, unknown])[] = []

  constructor(
    readonly making: Making,
    readonly callable: unknown,
    readonly args: unknown,
    readonly keywords?: unknown,
  ) {}

  /** The name of what makes it, if it has one. */
  get maker(): string | undefined {
    return this.callable instanceof PyGlobal ? this.callable.toString() : undefined
  }
}

/** A value that only Python can open (a DataFrame, an array of dates). As a whole it can be passed on; it says its type. */
export class PyOpaque {
  constructor(readonly type: string) {}
}

/** `callable(*args)`, to be made where it is read. */
export function pyCall(module: string, name: string, ...args: unknown[]): PyObject {
  return new PyObject('call', new PyGlobal(module, name), new PyTuple(args))
}
