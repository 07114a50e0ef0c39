import { pluralsIn } from '../plurals.ts'

const plural = pluralsIn('en')
const names = new Intl.ListFormat('en')

/** Every word of the client. A language is one file beside this one, of the same shape. */
const words = {
  account: {
    menu: (name: string) => `Account of ${name}`,
    signedInAs: 'Signed in as',
    signOut: 'Sign out',
  },
  common: {
    add: 'Add',
    cancel: 'Cancel',
    close: 'Close',
    done: 'Done',
    save: 'Save',
    showMore: 'Show more',
    tryAgain: 'Try again',
  },
  composer: {
    label: 'Message',
    placeholder: (name: string) => `Message ${name}`,
    send: 'Send',
    left: (count: number) =>
      plural(count, { one: `${count} character left`, other: `${count} characters left` }),
    tooMany: (count: number) =>
      plural(count, { one: `${count} character too many`, other: `${count} characters too many` }),
  },
  connection: {
    keepsNothing:
      'This browser keeps nothing when the page closes. Leave it open until your messages are sent.',
    ended: 'The server ended this session.',
    lost: 'No connection. Trying again; what you write is sent when it is back.',
    reload: 'Reload',
  },
  conversations: {
    list: 'Conversations',
    none: 'You are in no conversation yet.',
    unread: 'unread',
    back: 'Back to conversations',
    kinds: { public: 'Public', private: 'Private', direct: 'Direct' },
    noMessages: 'No messages yet',
    you: 'You',
    preview: (author: string, text: string) => `${author}: ${text}`,
    browse: 'Browse conversations',
    browseShort: 'Browse',
    looking: 'Looking…',
    noneToJoin: 'There is no other public conversation you could join.',
    join: 'Join',
    joinNamed: (name: string) => `Join ${name}`,
    create: 'New conversation',
    createShort: 'Create',
    name: 'Name',
    namePlaceholder: 'What is it about?',
    whoSees: 'Who can see it',
    publicHint: 'Anyone here can find and join it.',
    privateHint: 'Only people who are added see it.',
  },
  emoji: {
    label: 'Emoji',
    search: 'Search emoji',
    loading: 'Loading emoji…',
    failed: 'The emoji could not be loaded.',
    none: 'No emoji is called that.',
    found: 'Found',
    recent: 'Recently used',
    hint: 'Pick an emoji',
    tone: (tone: string) => `Skin tone: ${tone}`,
    tones: ['none', 'light', 'medium-light', 'medium', 'medium-dark', 'dark'],
    groups: {
      0: 'Smileys and emotion',
      1: 'People and body',
      3: 'Animals and nature',
      4: 'Food and drink',
      5: 'Travel and places',
      6: 'Activities',
      7: 'Objects',
      8: 'Symbols',
      9: 'Flags',
    },
  },
  gate: {
    publicOne: (members: string) => `Public conversation, ${members}. You are not one of them.`,
    cannotShow: 'This conversation cannot be shown',
    notThere: 'It does not exist, or you are not a member.',
  },
  logins: {
    title: 'Signed-in browsers',
    hint: 'Revoke one that you do not know or no longer use.',
    lastUsed: (address: string, time: string) => `${address} · last used ${time}`,
    current: 'This browser',
    revoke: 'Revoke',
    revokeNamed: (browser: string) => `Revoke ${browser}`,
    unknown: 'Unknown browser',
    browserOn: (browser: string, system: string) => `${browser} on ${system}`,
  },
  members: {
    title: 'Members',
    count: (count: number) => plural(count, { one: `${count} member`, other: `${count} members` }),
    more: (count: number) => `and ${count} more`,
    you: 'you',
    roles: { owner: 'owner', admin: 'admin', member: 'member' },
    remove: 'Remove',
    removeNamed: (name: string) => `Remove ${name}`,
    leaveConversation: 'Leave conversation',
    leaveNamed: (name: string) => `Leave ${name}?`,
    leave: 'Leave',
    stay: 'Stay',
    addByUsername: 'Add somebody by username',
    added: (name: string) => `${name} is in.`,
    unknown: (name: string) => `Nobody here is called ${name}.`,
    mayNotAdd: 'You may not add people to this conversation.',
  },
  messages: {
    by: (author: string, time: string) => `${author}, ${time}`,
    newMessages: 'New messages',
    jumpToLatest: 'Jump to latest',
    newCount: (count: number) =>
      plural(count, { one: `${count} new message`, other: `${count} new messages` }),
    loading: 'Loading messages…',
    beginning: 'This is where the conversation began.',
    none: 'No messages yet. Write the first one.',
    edited: 'edited',
    deleted: 'Message deleted',
    edit: 'Edit',
    editing: 'Edit message',
    delete: 'Delete',
    deleteTitle: 'Delete this message?',
    deleteHint: 'Everyone in the conversation will see that it was deleted.',
  },
  password: {
    title: 'Change password',
    current: 'Current password',
    new: 'New password',
    hint: (characters: number) =>
      `At least ${characters} characters. Other browsers will be signed out.`,
    wrong: 'The current password is not right.',
    changed: 'Your password is changed. Every other browser has been signed out.',
  },
  presence: {
    online: 'Online',
    count: (count: number) => `${count} online`,
  },
  receipts: {
    sent: 'Sent',
    delivered: 'Delivered',
    seenBy: (who: readonly string[], more: number) =>
      `Seen by ${names.format(more > 0 ? [...who, `${more} more`] : who)}`,
    seen: 'Seen',
    notYet: 'Not yet',
    somebody: 'somebody',
    details: 'Who has seen this message',
  },
  refusals: {
    permissionDenied: 'You are not allowed to do this.',
    tooManyRequests: 'That was too fast. Wait a moment and try again.',
    notFound: 'It is not there any more.',
    conflict: 'This was already done in another way.',
    archived: 'This conversation is archived: nobody writes in it any more.',
    tooLarge: 'That is too large.',
    limitExceeded: 'There are too many of these already.',
    invalidInput: 'The server did not accept this. Check what you wrote.',
    noAnswer: 'The server did not answer. Check your connection and try again.',
    other: 'The server could not do this. Try again later.',
    fields: {
      content: (characters: number) => `A message must have 1 to ${characters} characters.`,
      name: (characters: number) => `A name must have 1 to ${characters} characters.`,
      newPassword: (least: number) => `A password must have at least ${least} characters.`,
    },
  },
  sending: {
    notSent: (reason: string) => `Not sent. ${reason}`,
    notSaved: (reason: string) => `Not saved. ${reason}`,
    notDeleted: (reason: string) => `Not deleted. ${reason}`,
    retry: 'Retry',
    discard: 'Discard',
    sending: 'Sending…',
    waiting: 'Waiting for the connection',
    noMember: 'You are not in this conversation any more.',
    mayNotWrite: 'You may not write here.',
  },
  settings: {
    title: 'Settings',
    sections: {
      profile: 'Profile',
      notifications: 'Notifications',
      privacy: 'Privacy',
      security: 'Security',
    },
    readReceipts: 'Read receipts',
    readReceiptsHint:
      'Others see how far you have read, and you see it of them. Switched off, neither is shown.',
  },
  text: {
    copyCode: 'Copy code',
    copied: 'Copied',
  },
  times: {
    today: 'Today',
    yesterday: 'Yesterday',
  },
  typing: {
    who: (who: readonly string[]) => {
      if (who.length > 2) return 'Several people are typing…'
      return `${names.format(who)} ${who.length === 1 ? 'is' : 'are'} typing…`
    },
  },
  welcome: {
    nothing: 'Nothing here yet',
    nothingHint: 'Open a conversation of your own, or browse the public ones.',
    noneChosen: 'No conversation chosen',
    noneChosenHint: 'Pick one from the list, or open a new one.',
  },
}

export const language = { direction: 'ltr' as const, words }
