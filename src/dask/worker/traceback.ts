/** A JavaScript stack as a traceback that Python prints with its exception: each line a frame. */
import { PyGlobal, PyObject, PyTuple, pyCall } from '../python.js'

const FRAMES_MAX = 30
/** `at name (place:line:column)`, or without a name and the parentheses. */
const LINE = /^\s*at (?:async )?(?:(.+?) \()?(.+?):(\d+):\d+\)?$/

interface Line {
  readonly name: string
  readonly file: string
  readonly line: number
}

/** What `tblib`, which every Dask installation has, makes a traceback of; undefined: the stack has no lines. */
export function tracebackOf(stack: string): PyObject | undefined {
  const lines = stack.split('\n').flatMap(lineIn).slice(0, FRAMES_MAX)
  if (lines.length === 0) return undefined
  // The innermost stands first here and last there.
  const [outermost, ...inner] = lines.reverse() as [Line, ...Line[]]
  const next = inner.reduceRight<PyObject | null>(
    (rest, line) =>
      instance('Traceback', {
        tb_frame: frame(line),
        tb_lineno: line.line,
        tb_next: rest,
      }),
    null,
  )
  return pyCall('tblib.pickling_support', 'unpickle_traceback', frame(outermost), outermost.line, next)
}

function lineIn(text: string): Line[] {
  const [, name = '<anonymous>', file, line] = LINE.exec(text) ?? []
  return file === undefined ? [] : [{ name, file, line: Number(line) }]
}

function frame({ name, file, line }: Line): PyObject {
  const code = instance('Code', {
    co_filename: file,
    co_name: name,
    co_argcount: 0,
    co_kwonlyargcount: 0,
    co_varnames: new PyTuple([]),
    co_nlocals: 0,
    co_stacksize: 0,
    co_flags: 64,
    co_firstlineno: 0,
  })
  const globals = new Map([
    ['__file__', file],
    ['__name__', name],
  ])
  return instance('Frame', { f_locals: new Map(), f_globals: globals, f_code: code, f_lineno: line })
}

function instance(name: string, fields: Record<string, unknown>): PyObject {
  const object = new PyObject('new', new PyGlobal('tblib', name), new PyTuple([]))
  object.state = new Map(Object.entries(fields))
  return object
}
