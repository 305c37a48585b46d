import type { AnyNode } from 'acorn'
import { callerPosition, type Position } from './caller.js'
import { type Mark, marksIn } from './marks.js'
import type { SourceFile } from './source-file.js'
import type { TopLevel } from './top-level.js'

/**
 * What the function is called that the caller marks right now, if it is written in the mark itself, as the value of a
 * top-level const: `const f = task(where, () => 1)`. Undefined where the caller's line does not tell that for sure: it
 * must not be taken for another one of the file.
 */
export function markedName(file: SourceFile, topLevel: TopLevel): string | undefined {
  const caller = callerPosition()
  if (caller === undefined) return undefined
  const marks = marksIn(file.program, topLevel).filter(({ call }) => isAt(file, call, caller))
  const written = marks.filter(({ fn }) => /^(Arrow)?FunctionExpression$/.test(fn.type))
  if (written.length !== 1) return undefined
  return nameOf(written[0]!.call, marks, topLevel)
}

/** The caller may stand in what the file was compiled from. */
function isAt(file: SourceFile, call: AnyNode, { file: path, line }: Position): boolean {
  const original = file.positionOf(call)
  return original.file === path ? original.line === line : file.path === path && call.loc!.start.line === line
}

function nameOf(call: AnyNode, marks: readonly Mark[], { items }: TopLevel): string | undefined {
  for (const { node } of items) {
    if (node.type !== 'VariableDeclarator' || node.id.type !== 'Identifier') continue
    if (node.init != null && isFor(node.init, call, marks)) return node.id.name
  }
  return undefined
}

/** `pure(task(where, () => 1))` is for the inner call. */
function isFor(value: AnyNode, call: AnyNode, marks: readonly Mark[]): boolean {
  if (value === call) return true
  const mark = marks.find((one) => one.call === value)
  return mark !== undefined && isFor(mark.fn, call, marks)
}
