import { type ArrowField, type ArrowModule, type ArrowSchema, type ArrowType, isDictionary } from './arrow-module.js'

/**
 * A schema in the classes of our copy of apache-arrow, which may be another than the table's: a copy writes foreign
 * types wrongly, and says nothing. Dictionaries are numbered anew; Arrow counts them through the whole process, but
 * equal tables must have equal bytes.
 */
export class SchemaCopy {
  readonly #arrow: ArrowModule
  readonly #dictionaries = new Map<number, ArrowType>()

  constructor(arrow: ArrowModule) {
    this.#arrow = arrow
  }

  schema({ fields, metadata }: ArrowSchema): ArrowSchema {
    const copies = fields.map((field) => this.#field(field))
    return new this.#arrow.Schema(copies, metadata, this.#dictionaries)
  }

  #field({ name, type, nullable, metadata }: ArrowField): ArrowField {
    return new this.#arrow.Field(name, this.#type(type), nullable, metadata)
  }

  #type(type: ArrowType): ArrowType {
    if (isDictionary(type)) return this.#dictionary(type.dictionary, type.indices, type.isOrdered)
    const own = Object.hasOwn(type, 'children') ? { children: type.children?.map((child) => this.#field(child)) } : {}
    return Object.assign(Object.create(this.#prototype(type)), type, own)
  }

  #prototype(type: ArrowType): object {
    const name = this.#arrow.Type[type.typeId] ?? 'unknown'
    const classes = this.#arrow as unknown as Record<string, { prototype: object } | undefined>
    const found = classes[`${name}_`] ?? classes[name]
    if (found === undefined) throw new TypeError(`apache-arrow has no class for the type ${name}`)
    return found.prototype
  }

  #dictionary(values: ArrowType, indices: ArrowType, isOrdered: boolean): ArrowType {
    const id = this.#dictionaries.size
    const copy = this.#type(values)
    this.#dictionaries.set(id, copy)
    return new this.#arrow.Dictionary(copy, this.#type(indices), id, isOrdered)
  }
}
