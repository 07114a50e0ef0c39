-- As edit_message_2; a key that comes again with another text than it brought is a conflict. Of a
-- deleted message nobody knows any more what it said: there it is known.
create function edit_message_3(
  p_message bigint, p_user bigint, p_key uuid, p_content text,
  p_everybody boolean, p_named_place int[], p_named_key text[]
) returns table (outcome text, seq bigint, at timestamptz)
language plpgsql volatile as $$
#variable_conflict use_column
declare
  conv bigint := (select m.conversation_id from chat_messages m where m.id = p_message);
  message chat_messages;
  earlier changes;
  written text;
  next bigint;
  told bigint[];
  everybody boolean;
  now timestamptz := clock_timestamp();
begin
  perform 1 from lines l where l.conversation_id = conv for no key update;
  select * into message from chat_messages m where m.id = p_message;
  select * into earlier from changes c
    where c.actor_id = p_user and c.client_key = p_key and c.conversation_id = conv;
  if earlier.seq is not null then
    written := coalesce((select c.data ->> 'before' from changes c
      where c.message_id = p_message and c.kind = 'message.edited' and c.seq > earlier.seq
      order by c.seq limit 1), message.content);
    return query select case when earlier.message_id = p_message and earlier.kind = 'message.edited'
        and (message.deleted_at is not null or written = p_content)
      then 'known' else 'conflict' end, earlier.seq, earlier.created_at;
    return;
  end if;
  if message.id is null or message.deleted_at is not null
    or not exists (select from members m where m.conversation_id = conv and m.user_id = p_user) then
    return query select 'refused', null::bigint, null::timestamptz;
    return;
  end if;
  if exists (select from conversations c where c.id = conv and c.archived_at is not null) then
    return query select 'archived', null::bigint, null::timestamptz;
    return;
  end if;
  if message.content = p_content then
    return query select 'unchanged', message.version, message.edited_at;
    return;
  end if;
  everybody := p_everybody and may_mention_all_1(conv, p_user);
  told := mentioned_1(conv, message.user_id, message.reply_to, p_named_place, p_named_key);
  update lines l set last_seq = l.last_seq + 1 where l.conversation_id = conv returning l.last_seq into next;
  update chat_messages m set content = p_content, edited_at = now, version = next, mentions_all = everybody,
    mentions = case when everybody or told <> '{}' then told end where m.id = p_message;
  insert into changes (conversation_id, seq, kind, actor_id, message_id, client_key, data, created_at)
    values (conv, next, 'message.edited', p_user, p_message, p_key, jsonb_build_object('before', message.content), now);
  return query select 'stored', next, now;
end $$;

-- As create_conversation_1; a key that comes again with another name, kind or people is a conflict.
-- What it was called is not known any more once it was changed: there the name does not count.
create function create_conversation_2(p_name text, p_kind text, p_key uuid, p_users bigint[])
returns table (outcome text, id bigint)
language plpgsql volatile as $$
#variable_conflict use_column
declare
  conv bigint;
  earlier conversations;
  same boolean;
  now timestamptz := clock_timestamp();
begin
  insert into conversations (name, kind, created_by, client_key, created_at, member_count)
    values (p_name, p_kind, p_users[1], p_key, now, cardinality(p_users))
    on conflict (created_by, client_key) do nothing returning conversations.id into conv;
  if conv is null then
    select * into earlier from conversations c where c.created_by = p_users[1] and c.client_key = p_key;
    -- The first entries of its line have its first people, and its time.
    same := earlier.kind = p_kind
      and (earlier.name = p_name or exists (select from changes c
        where c.conversation_id = earlier.id and c.kind = 'conversation.changed'))
      and (select array_agg(u.id order by u.id) from unnest(p_users) u(id))
        = (select array_agg(c.user_id order by c.user_id) from changes c
          where c.conversation_id = earlier.id and c.seq <= cardinality(p_users) + 1
            and c.kind = 'member.joined' and c.created_at = earlier.created_at);
    return query select case when same then 'known' else 'conflict' end, earlier.id;
    return;
  end if;
  insert into lines (conversation_id, last_seq) values (conv, cardinality(p_users));
  insert into members (conversation_id, user_id, role, joined_seq, joined_at)
    select conv, u.user_id, case when u.n = 1 then 'owner' else 'member' end, u.n, now
    from unnest(p_users) with ordinality u(user_id, n);
  insert into changes (conversation_id, seq, kind, actor_id, user_id, data, created_at)
    select conv, u.n, 'member.joined', p_users[1], u.user_id,
      jsonb_build_object('role', case when u.n = 1 then 'owner' else 'member' end), now
    from unnest(p_users) with ordinality u(user_id, n);
  insert into message_reads (conversation_id, user_id, last_read_seq, last_read_ordinal)
    select conv, u.user_id, cardinality(p_users), 0 from unnest(p_users) u(user_id);
  perform 1 from users u where u.id = any(p_users) order by u.id for no key update;
  update users u set rev = u.rev + 1 where u.id = any(p_users);
  return query select 'stored', conv;
end $$;
