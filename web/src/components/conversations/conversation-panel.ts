/** What leads to places in a conversation's past. */
export type ConversationPanel = 'find' | 'pinned' | 'date'
