-- Removing a message looks for its replies.
create index chat_messages_replies on chat_messages (reply_to) where reply_to is not null;
