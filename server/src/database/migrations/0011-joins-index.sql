-- Pages of members go on behind somebody who has left meanwhile: where that one had joined.
create index changes_joins on changes (conversation_id, user_id, seq) where kind = 'member.joined';
