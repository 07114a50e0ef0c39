/** What leads to places in a conversation's past, or to messages that were kept. */
export type ConversationPanel = 'find' | 'pinned' | 'date' | 'saved'
