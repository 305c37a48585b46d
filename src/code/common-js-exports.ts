import type { AnyNode, Program } from 'acorn'
import { walk } from './syntax.js'
import { contains, type Item } from './top-level.js'

/**
 * TypeScript makes `exports.limit` of every use of an exported constant when it compiles to CommonJS, so functions refer
 * to what only an assignment declares.
 */
export class CommonJsExports {
  /** `exports.x` that is read, with its name. */
  readonly #reads: { readonly node: AnyNode; readonly name: string }[] = []
  readonly #writes = new Map<string, Item[]>()

  constructor(program: Program, items: readonly Item[]) {
    walk(program, (node, parent) => {
      const name = exportedName(node)
      if (name === undefined) return
      const isTarget = parent?.type === 'AssignmentExpression' && parent.left === node
      if (!isTarget) this.#reads.push({ node, name })
    })
    for (const item of items) for (const name of assignedIn(item.node)) this.#add(name, item)
  }

  /** The statements that give the item what it reads of `exports`. */
  neededBy({ node }: Item): Item[] {
    const names = this.#reads.filter((read) => contains(node, read.node)).map(({ name }) => name)
    return names.flatMap((name) => this.#writes.get(name) ?? [])
  }

  /** Whether an item refers to `exports` at all. */
  isUsedBy({ node }: Item): boolean {
    return assignedIn(node).length > 0 || this.#reads.some((read) => contains(node, read.node))
  }

  #add(name: string, item: Item): void {
    this.#writes.set(name, [...(this.#writes.get(name) ?? []), item])
  }
}

function exportedName(node: AnyNode): string | undefined {
  if (node.type !== 'MemberExpression' || node.object.type !== 'Identifier' || node.object.name !== 'exports')
    return undefined
  return node.property.type === 'Identifier' && !node.computed ? node.property.name : undefined
}

/** Names of `exports.a = exports.b = …, exports.c = …`. */
function assignedIn(node: AnyNode): string[] {
  if (node.type === 'SequenceExpression') return node.expressions.flatMap(assignedIn)
  if (node.type === 'ExpressionStatement') return assignedIn(node.expression)
  if (node.type !== 'AssignmentExpression') return []
  const name = exportedName(node.left)
  return name === undefined ? [] : [name, ...assignedIn(node.right)]
}
