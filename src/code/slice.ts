import type { AnyNode } from 'acorn'
import { LoadError } from '../errors.js'
import { CommonJsExports } from './common-js-exports.js'
import { applyEdits, type Edit } from './edits.js'
import { shortPath } from './esbuild.js'
import { heddleNameOf, isOfPrograms } from './heddle-imports.js'
import { initialises } from './initialising.js'
import { type Mark, marksIn } from './marks.js'
import { sliceEdits } from './slice-edits.js'
import type { SourceFile } from './source-file.js'
import { walk } from './syntax.js'
import { type Binding, contains, type Item, type TopLevel, topLevelOf } from './top-level.js'

/**
 * The part of a file that one of its functions needs: its declaration and, transitively, what that refers to, on the
 * lines where they stood. The program itself is not in it.
 * @throws LoadError HEDDLE_TASK_NOT_TOP_LEVEL when that part awaits at its top level, or uses what only a program may
 */
export function sliceOf(file: SourceFile, name: string): string {
  const topLevel = topLevelOf(file)
  const marks = marksIn(file.program, topLevel)
  const commonJs = new CommonJsExports(file.program, topLevel.items)
  const kept = reachable({ file, name, topLevel, marks, commonJs })
  const edits = [...sliceEdits(file.program, topLevel.items, kept), ...markEdits(marks, kept)]
  const exports = [...kept].some((item) => commonJs.isUsedBy(item)) ? 'const exports = {}; ' : ''
  return `${exports}${applyEdits(file.code, edits)}\nexport { ${name} };\n`
}

interface Slicing {
  readonly file: SourceFile
  readonly name: string
  readonly topLevel: TopLevel
  readonly marks: readonly Mark[]
  readonly commonJs: CommonJsExports
}

function reachable(slicing: Slicing): Set<Item> {
  const { topLevel, name, marks } = slicing
  const kept = new Set<Item>(topLevel.bindings.get(name)?.declaredBy)
  // A set gives what is added to it while it is read.
  for (const item of kept) {
    refuseAwait(slicing, item)
    for (const needed of slicing.commonJs.neededBy(item)) kept.add(needed)
    for (const binding of topLevel.bindings.values()) {
      if (!usesIn(item, binding, marks) && !binding.declaredBy.includes(item)) continue
      refuseProgramParts(slicing, binding, item)
      for (const needed of [...binding.declaredBy, ...initialisersOf(slicing, binding)]) kept.add(needed)
    }
  }
  return kept
}

function usesIn(item: Item, { uses }: Binding, marks: readonly Mark[]): boolean {
  return uses.some((use) => use.item === item && !marks.some((mark) => mark.removes(use.identifier)))
}

/** Statements that are part of a kept name's making: `fn.cache = new Map()`. */
function initialisersOf(slicing: Slicing, binding: Binding): Item[] {
  const statements = binding.uses.filter(({ item }) => item.kind === 'statement')
  return statements.flatMap((use) => {
    if (initialises(use, binding)) return [use.item]
    if (use.isWrite) throw changedByProgram(slicing, binding, use.item)
    return []
  })
}

function markEdits(marks: readonly Mark[], kept: ReadonlySet<Item>): Edit[] {
  return marks.filter(({ call }) => [...kept].some(({ node }) => contains(node, call))).flatMap(({ edits }) => edits)
}

const FUNCTION = /Function|MethodDefinition|PropertyDefinition/

function refuseAwait(slicing: Slicing, { node }: Item): void {
  const refuse = (one: AnyNode) => {
    if (one.type === 'AwaitExpression' || (one.type === 'ForOfStatement' && one.await))
      throw refused(slicing, one, 'awaits while its file is loaded. Await inside the function')
  }
  walk(node, refuse, ({ type }) => FUNCTION.test(type))
}

function refuseProgramParts(slicing: Slicing, binding: Binding, item: Item): void {
  const name = heddleNameOf(binding)
  const used = name === '*' ? membersUsed(item, binding) : [name]
  const forbidden = used.find((one) => one !== undefined && isOfPrograms(one))
  if (forbidden === undefined) return
  throw refused(
    slicing,
    item.node,
    `uses '${forbidden}' of heddle, which belongs to the program. In a task use getClient()`,
  )
}

/** `heddle.Client` and the like within the item. */
function membersUsed(item: Item, { uses }: Binding): string[] {
  const names: string[] = []
  const used = new Set(uses.map(({ identifier }) => identifier))
  walk(item.node, (node) => {
    if (node.type !== 'MemberExpression' || !used.has(node.object as AnyNode)) return
    if (node.property.type === 'Identifier') names.push(node.property.name)
  })
  return names
}

function changedByProgram(slicing: Slicing, { name }: Binding, { node }: Item): LoadError {
  return refused(
    slicing,
    node,
    `changes '${name}' as the program runs, which no worker would see. Pass it as an argument`,
  )
}

function refused({ file, name }: Slicing, node: AnyNode, what: string): LoadError {
  const at = file.positionOf(node)
  return new LoadError(
    'HEDDLE_TASK_NOT_TOP_LEVEL',
    `task '${name}' cannot be cut out of its file: ${shortPath(at.file)}:${at.line}, which it needs, ${what}; ` +
      'or put the function into a module of its own: client.module(path)',
  )
}
