/** A piece of text within a block. */
export type Inline =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'code'; readonly text: string }
  | { readonly type: Emphasis; readonly children: readonly Inline[] }
  | Link
  /** `name` is the `usernameKey` of somebody, or `all`; `text` is what was typed, with the `@`. */
  | { readonly type: 'mention'; readonly name: string; readonly text: string }

export type Emphasis = 'strong' | 'emphasis' | 'strike'

export interface Link {
  readonly type: 'link'
  /** Always http, https or mailto. */
  readonly href: string
  /** Where it really leads, where its text does not say so. */
  readonly host: string | undefined
  readonly children: readonly Inline[]
}

/** A block of a message; line breaks within its text are as typed. */
export type Block =
  | { readonly type: 'paragraph' | 'heading'; readonly children: readonly Inline[] }
  | { readonly type: 'code'; readonly language: string; readonly text: string }
  | { readonly type: 'quote'; readonly blocks: readonly Block[] }
  | List
  | Table

export interface List {
  readonly type: 'list'
  /** The number of the first item; undefined where they have no numbers. */
  readonly start: number | undefined
  readonly items: readonly (readonly Block[])[]
}

export type Align = 'start' | 'center' | 'end' | undefined

export interface Table {
  readonly type: 'table'
  readonly align: readonly Align[]
  readonly head: readonly Cell[]
  readonly rows: readonly (readonly Cell[])[]
}

export type Cell = readonly Inline[]

/** The people whom a text mentions, as `usernameKey`, and `all` where it means everybody. */
export type Names = ReadonlySet<string>

export const textOf = (nodes: readonly Inline[]): string =>
  nodes.map((node) => ('children' in node ? textOf(node.children) : node.text)).join('')
