/** Every limit that a client can meet, in one place; both doors enforce the same numbers. */
export const limits = {
  /** Characters are Unicode code points, counted after NFC normalisation. */
  contentMaxChars: 10_000,
  /** Names in a text that are looked at. */
  mentionsPerMessage: 50,
  quoteMaxChars: 200,
  emojisPerMessage: 20,
  reactionsPerMessage: 1_000,
  searchMaxChars: 200,
  pinnedPerPage: 100,
  conversationNameMaxChars: 80,
  topicMaxChars: 250,
  fullNameMaxChars: 80,
  aboutMaxChars: 500,
  usernameMinChars: 2,
  usernameMaxChars: 32,
  passwordMinChars: 8,
  passwordMaxChars: 1_000,
  httpBodyMaxBytes: 64 * 1024,
  frameMaxBytes: 64 * 1024,
  connectFrameMaxBytes: 256 * 1024,
  channelNameMaxChars: 255,
  /** Client-side subscriptions of one session; server-side ones do not count. */
  channelsPerSession: 128,
  /** Those a session begins with: the latest. Others are added when something changes in them. */
  conversationsPerSession: 500,
  changesPerPage: 500,
  messagesPerPage: 200,
  threadHistoryMax: 1_000,
  /** Publications in one recovery; more than this and the client is told to reload. */
  recoveredPublicationsMax: 1_000,
  recoveredBytesMax: 256 * 1024,
  historyPublicationsMax: 300,
  membersPerPage: 100,
  usersPerPage: 100,
  /** The others in a direct conversation. */
  directPeopleMax: 8,
  /** Conversations with more members tell nobody who read, types or is online. */
  smallConversationMembers: 100,
  /** Members' positions in one connect reply. */
  positionsPerConnect: 4_000,
} as const
