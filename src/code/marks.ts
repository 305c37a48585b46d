import type { AnyNode, CallExpression, Program } from 'acorn'
import type { Edit } from './edits.js'
import { heddleNameOf } from './heddle-imports.js'
import { walk } from './syntax.js'
import { type Binding, contains, type TopLevel } from './top-level.js'

/** A call of `task(where, fn)` or `pure(fn)`, in whose place `fn` stands in the slice. */
export interface Mark {
  readonly call: CallExpression
  readonly fn: AnyNode
  readonly edits: readonly Edit[]
  /** Whether the identifier goes with it. */
  removes(identifier: AnyNode): boolean
}

const FUNCTION_ARGUMENT: Record<string, number> = { task: 1, pure: 0 }

/** All such calls of a file. */
export function marksIn(program: Program, { bindings }: TopLevel): Mark[] {
  const ofHeddle = new Map<AnyNode, string>()
  for (const binding of bindings.values()) recordUses(binding, ofHeddle)
  const marks: Mark[] = []
  walk(program, (node) => {
    if (node.type !== 'CallExpression') return
    const index = FUNCTION_ARGUMENT[calledName(node.callee, ofHeddle) ?? '']
    const fn = index === undefined ? undefined : node.arguments[index]
    if (fn !== undefined) marks.push(markOf(node, fn))
  })
  return marks
}

function recordUses(binding: Binding, ofHeddle: Map<AnyNode, string>): void {
  const name = heddleNameOf(binding)
  if (name !== undefined) for (const { identifier } of binding.uses) ofHeddle.set(identifier, name)
}

/** `task`, `heddle.task`, and what TypeScript makes of it for CommonJS: `(0, heddle_1.task)`. */
function calledName(callee: AnyNode, ofHeddle: ReadonlyMap<AnyNode, string>): string | undefined {
  if (callee.type === 'SequenceExpression') return calledName(callee.expressions.at(-1)!, ofHeddle)
  if (callee.type === 'Identifier') return ofHeddle.get(callee)
  if (callee.type !== 'MemberExpression' || ofHeddle.get(callee.object) !== '*') return undefined
  return callee.property.type === 'Identifier' ? callee.property.name : undefined
}

function markOf(call: CallExpression, fn: AnyNode): Mark {
  const edits = [
    { start: call.start, end: fn.start, text: '(' },
    { start: fn.end, end: call.end, text: ')' },
  ]
  return { call, fn, edits, removes: (identifier) => contains(call, identifier) && !contains(fn, identifier) }
}
