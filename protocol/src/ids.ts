/** Ids are JSON numbers on every door. The phantom field keeps one kind from passing for another. */
type Id<Kind extends string> = number & { readonly kind?: Kind }

export type UserId = Id<'user'>
export type ConversationId = Id<'conversation'>
export type MessageId = Id<'message'>
export type LoginId = Id<'login'>

/** A number on one conversation's line: message, edit, deletion and membership change each take the next. */
export type Seq = Id<'seq'>
