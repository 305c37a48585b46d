import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { LoadError } from '../errors.js'

// What we need of apache-arrow, which is an optional peer: nothing of it is imported, not even its types.

export interface ArrowType {
  readonly typeId: number
  readonly children?: readonly ArrowField[]
}

export interface ArrowDictionary extends ArrowType {
  readonly dictionary: ArrowType
  readonly indices: ArrowType
  readonly isOrdered: boolean
}

export interface ArrowField {
  readonly name: string
  readonly type: ArrowType
  readonly nullable: boolean
  readonly metadata: Map<string, string>
}

export interface ArrowSchema {
  readonly fields: readonly ArrowField[]
  readonly metadata: Map<string, string>
}

export interface ArrowData {
  readonly type: ArrowType
  readonly length: number
  readonly offset: number
  readonly nullCount: number
  readonly valueOffsets?: ArrayBufferView
  readonly values?: ArrayBufferView
  readonly nullBitmap?: ArrayBufferView
  readonly typeIds?: ArrayBufferView
  readonly variadicBuffers?: readonly ArrayBufferView[]
  readonly children: readonly ArrowData[]
  readonly dictionary?: object
  slice(offset: number, length: number): ArrowData
}

export interface ArrowBatch {
  readonly schema: ArrowSchema
  readonly data: ArrowData
  readonly metadata: Map<string, string>
}

export interface ArrowTable {
  readonly schema: ArrowSchema
  readonly batches: readonly ArrowBatch[]
}

export interface ArrowVector {
  readonly type: ArrowType
  readonly data: readonly ArrowData[]
}

export interface ArrowModule {
  readonly Schema: new (fields: readonly ArrowField[], metadata: Map<string, string>) => ArrowSchema
  readonly Field: new (name: string, type: ArrowType, nullable: boolean, metadata?: Map<string, string>) => ArrowField
  /** Names of type ids. */
  readonly Type: Readonly<Record<number, string>>
  readonly Dictionary: new (dictionary: ArrowType, indices: ArrowType, id: null, isOrdered: boolean) => ArrowDictionary
  readonly Data: new (
    type: ArrowType,
    offset: number,
    length: number,
    nullCount: number,
    buffers: readonly (object | undefined)[],
    children: readonly ArrowData[],
    dictionary: object | undefined,
    variadicBuffers: readonly object[],
  ) => ArrowData
  readonly RecordBatch: new (schema: ArrowSchema, data: ArrowData, metadata: Map<string, string>) => ArrowBatch
  readonly Table: new (schema: ArrowSchema, batches: readonly ArrowBatch[]) => ArrowTable
  readonly Vector: new (data: readonly ArrowData[]) => ArrowVector
  readonly makeData: (parts: {
    readonly type: ArrowType
    readonly length: number
    [part: string]: unknown
  }) => ArrowData
  readonly RecordBatchStreamWriter: new () => ArrowWriter
  /** What a writer writes into. */
  readonly AsyncByteQueue: new () => { write(chunk: Uint8Array): void }
}

export interface ArrowWriter {
  reset(sink: object): void
  writeAll(batches: object): unknown
}

/** `Type.Dictionary` of apache-arrow. */
const DICTIONARY = -1

/** Are its items numbers into a list of values? */
export function isDictionary(type: ArrowType): type is ArrowDictionary {
  return type.typeId === DICTIONARY
}

// Brands that all copies of apache-arrow since 21 share, so that a table of one copy is an instance of the other's.
const BRANDS = ['Table', 'RecordBatch', 'Vector'] as const
export type ArrowKind = (typeof BRANDS)[number]

/** Which of the things of Arrow a value is; undefined: it is none. */
export function arrowKindOf(value: object): ArrowKind | undefined {
  return BRANDS.find((name) => Reflect.get(value, Symbol.for(`apache-arrow/${name}`)) === true)
}

/** What the program's own imports give. */
let imported: ArrowModule | undefined
/** What could be had without waiting. */
let required: ArrowModule | undefined

/**
 * The program's apache-arrow, found when the first table comes.
 * @throws LoadError when it is not installed.
 */
export function loadArrow(): ArrowModule {
  required ??= imported ?? requireArrow(import.meta.url) ?? requireArrow(path.join(process.cwd(), 'package.json'))
  const arrow = imported ?? required
  if (arrow === undefined) throw notInstalled()
  return arrow
}

/** Makes `loadArrow` sure. Does nothing if apache-arrow is not installed. */
export async function importArrow(): Promise<void> {
  const module: ArrowModule | undefined = await import(PACKAGE).catch(() => undefined)
  imported ??= commonJsInUse(createRequire(import.meta.url)) ?? module
}

/** Code that came over the wire has imported this copy: its functions must know the tables that it is given. */
export function adoptArrow(module: unknown): void {
  imported ??= module as ArrowModule
}

/** Is `loadArrow` sure to give the program's copy? */
export function isArrowImported(): boolean {
  return imported !== undefined
}

const PACKAGE: string = 'apache-arrow'

/**
 * The package has a copy for ES modules and one for CommonJS, and tables go wrong with functions of the other copy: it
 * must be the program's. That is CommonJS if its main module is, and it was loaded. (Under tsx, what is required is
 * never what is imported: there `importArrow` must come first.)
 */
function requireArrow(from: string): ArrowModule | undefined {
  const require = createRequire(from)
  try {
    const path = require.resolve(PACKAGE)
    const module = path.replace(/\.js$/, '.mjs')
    return commonJsInUse(require) ?? (require(existsSync(module) ? module : path) as ArrowModule)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return undefined
    throw error
  }
}

function commonJsInUse(require: NodeJS.Require): ArrowModule | undefined {
  if (require.main === undefined) return undefined
  const known = Object.entries(require.cache).find(([file]) => file.endsWith(COMMONJS_FILE))
  return known?.[1]?.exports as ArrowModule | undefined
}

const COMMONJS_FILE = path.join(PACKAGE, 'Arrow.node.js')

function notInstalled(): LoadError {
  return new LoadError(
    'HEDDLE_LOAD',
    "this value holds an Arrow table, but apache-arrow is not installed here. Run 'npm i apache-arrow@21'.",
  )
}
