-- Everything that takes a number. The order of locks is the same everywhere: lines by id, then messages,
-- then users. Each function locks the line first and reads in a later statement: a statement that waited
-- for the lock itself would still see what was there before the wait.

create function send_messages_1(
  p_conv bigint[], p_user bigint[], p_key uuid[], p_content text[]
) returns table (
  ord bigint, id bigint, seq bigint, ordinal bigint, created_at timestamptz, outcome text, name text, kind text
)
language plpgsql volatile
-- A plan made while the tables are tiny would be kept, and decays as they grow.
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
#variable_conflict use_column
begin
  perform 1 from lines l where l.conversation_id = any(p_conv) order by l.conversation_id for no key update;
  return query
  with input as materialized (
    select * from unnest(p_conv, p_user, p_key, p_content)
      with ordinality u(conversation_id, user_id, client_key, content, ord)
  ), known as (
    select i.ord, x.id, x.seq, x.ordinal, x.created_at,
      x.conversation_id <> i.conversation_id
        or (x.edited_at is null and x.deleted_at is null and x.content <> i.content) as other
    from input i cross join lateral (
      select m.* from chat_messages m where m.user_id = i.user_id and m.client_key = i.client_key
      order by m.conversation_id = i.conversation_id desc limit 1
    ) x
  ), fresh as (
    -- A key that comes twice in one batch is stored for the first row that may write.
    select distinct on (i.user_id, i.client_key) i.*
    from input i cross join lateral (
      select from members m where m.conversation_id = i.conversation_id and m.user_id = i.user_id limit 1
    ) m
    where not exists (select from known k where k.ord = i.ord)
    order by i.user_id, i.client_key, i.ord
  ), numbered as (
    select f.*, row_number() over (partition by f.conversation_id order by f.ord) as n from fresh f
  ), bumped as (
    update lines l set last_seq = l.last_seq + c.n, last_ordinal = l.last_ordinal + c.n
    from (select f.conversation_id, count(*) as n from fresh f group by 1) c
    where l.conversation_id = c.conversation_id
    returning l.conversation_id, l.last_seq - c.n as seq, l.last_ordinal - c.n as ordinal
  ), stored as (
    insert into chat_messages (conversation_id, seq, ordinal, version, user_id, client_key, content)
    select n.conversation_id, b.seq + n.n, b.ordinal + n.n, b.seq + n.n, n.user_id, n.client_key, n.content
    from numbered n join bumped b using (conversation_id) order by n.conversation_id, n.n
    returning *
  ), reads as (
    insert into message_reads as r (conversation_id, user_id, last_read_seq, last_read_ordinal)
    select s.conversation_id, s.user_id, max(s.seq), max(s.ordinal) from stored s group by 1, 2
    on conflict (conversation_id, user_id) do update
      set last_read_seq = greatest(r.last_read_seq, excluded.last_read_seq),
          last_read_ordinal = greatest(r.last_read_ordinal, excluded.last_read_ordinal)
  )
  select i.ord, coalesce(s.id, k.id), coalesce(s.seq, k.seq), coalesce(s.ordinal, k.ordinal),
    coalesce(s.created_at, k.created_at),
    case
      when s.id is not null and s.content = i.content then case when f.ord = i.ord then 'stored' else 'known' end
      when s.id is not null or k.other then 'conflict'
      when k.id is not null then 'known'
      when exists (select from stored e where e.user_id = i.user_id and e.client_key = i.client_key) then 'conflict'
      else 'refused'
    end,
    c.name, c.kind
  from input i
    left join known k on k.ord = i.ord
    left join fresh f on f.conversation_id = i.conversation_id and f.user_id = i.user_id and f.client_key = i.client_key
    left join stored s on s.conversation_id = i.conversation_id and s.user_id = i.user_id and s.client_key = i.client_key
    left join conversations c on c.id = i.conversation_id
  order by i.ord;
end $$;

-- outcome: stored | known (this key again) | unchanged | conflict (key used for something else) | refused
create function edit_message_1(p_message bigint, p_user bigint, p_key uuid, p_content text)
returns table (outcome text, seq bigint, at timestamptz)
language plpgsql volatile as $$
#variable_conflict use_column
declare
  conv bigint := (select m.conversation_id from chat_messages m where m.id = p_message);
  message chat_messages;
  earlier changes;
  next bigint;
  now timestamptz := clock_timestamp();
begin
  perform 1 from lines l where l.conversation_id = conv for no key update;
  select * into message from chat_messages m where m.id = p_message;
  select * into earlier from changes c
    where c.actor_id = p_user and c.client_key = p_key and c.conversation_id = conv;
  if earlier.seq is not null then
    return query select case when earlier.message_id = p_message and earlier.kind = 'message.edited'
      then 'known' else 'conflict' end, earlier.seq, earlier.created_at;
    return;
  end if;
  if message.id is null or message.deleted_at is not null
    or not exists (select from members m where m.conversation_id = conv and m.user_id = p_user) then
    return query select 'refused', null::bigint, null::timestamptz;
    return;
  end if;
  if message.content = p_content then
    return query select 'unchanged', message.version, message.edited_at;
    return;
  end if;
  update lines l set last_seq = l.last_seq + 1 where l.conversation_id = conv returning l.last_seq into next;
  update chat_messages m set content = p_content, edited_at = now, version = next where m.id = p_message;
  insert into changes (conversation_id, seq, kind, actor_id, message_id, client_key, data, created_at)
    values (conv, next, 'message.edited', p_user, p_message, p_key, jsonb_build_object('before', message.content), now);
  return query select 'stored', next, now;
end $$;

create function delete_message_1(p_message bigint, p_user bigint)
returns table (outcome text, seq bigint, at timestamptz)
language plpgsql volatile as $$
#variable_conflict use_column
declare
  conv bigint := (select m.conversation_id from chat_messages m where m.id = p_message);
  message chat_messages;
  next bigint;
  now timestamptz := clock_timestamp();
begin
  perform 1 from lines l where l.conversation_id = conv for no key update;
  select * into message from chat_messages m where m.id = p_message;
  if message.id is null or not exists (select from members m where m.conversation_id = conv and m.user_id = p_user) then
    return query select 'refused', null::bigint, null::timestamptz;
    return;
  end if;
  if message.deleted_at is not null then
    return query select 'unchanged', message.version, message.deleted_at;
    return;
  end if;
  update lines l set last_seq = l.last_seq + 1 where l.conversation_id = conv returning l.last_seq into next;
  update chat_messages m set content = '', meta = null, deleted_at = now, version = next where m.id = p_message;
  -- What was deleted is gone from its history too.
  update changes c set data = null where c.message_id = p_message;
  insert into changes (conversation_id, seq, kind, actor_id, message_id, created_at)
    values (conv, next, 'message.deleted', p_user, p_message, now);
  return query select 'stored', next, now;
end $$;

create function add_member_1(p_conv bigint, p_user bigint, p_actor bigint, p_role text)
returns table (outcome text, seq bigint, at timestamptz)
language plpgsql volatile as $$
#variable_conflict use_column
declare
  next bigint;
  ordinal bigint;
  now timestamptz := clock_timestamp();
begin
  perform 1 from lines l where l.conversation_id = p_conv for no key update;
  if not found or (p_actor <> p_user
    and not exists (select from members m where m.conversation_id = p_conv and m.user_id = p_actor)) then
    return query select 'refused', null::bigint, null::timestamptz;
    return;
  end if;
  if exists (select from members m where m.conversation_id = p_conv and m.user_id = p_user) then
    return query select 'unchanged', m.joined_seq, m.joined_at from members m
      where m.conversation_id = p_conv and m.user_id = p_user;
    return;
  end if;
  update lines l set last_seq = l.last_seq + 1 where l.conversation_id = p_conv
    returning l.last_seq, l.last_ordinal into next, ordinal;
  insert into members (conversation_id, user_id, role, joined_seq, joined_at)
    values (p_conv, p_user, p_role, next, now);
  insert into changes (conversation_id, seq, kind, actor_id, user_id, data, created_at)
    values (p_conv, next, 'member.joined', p_actor, p_user, jsonb_build_object('role', p_role), now);
  -- What was written before somebody came is not unread to them.
  insert into message_reads as r (conversation_id, user_id, last_read_seq, last_read_ordinal)
    values (p_conv, p_user, next, ordinal)
    on conflict (conversation_id, user_id) do update set
      last_read_seq = excluded.last_read_seq, last_read_ordinal = excluded.last_read_ordinal;
  update conversations c set member_count = c.member_count + 1 where c.id = p_conv;
  update users u set rev = u.rev + 1 where u.id = p_user;
  return query select 'stored', next, now;
end $$;

create function remove_member_1(p_conv bigint, p_user bigint, p_actor bigint)
returns table (outcome text, seq bigint, at timestamptz)
language plpgsql volatile as $$
#variable_conflict use_column
declare
  next bigint;
  now timestamptz := clock_timestamp();
begin
  perform 1 from lines l where l.conversation_id = p_conv for no key update;
  if not exists (select from members m where m.conversation_id = p_conv and m.user_id = p_actor)
    or not exists (select from members m where m.conversation_id = p_conv and m.user_id = p_user) then
    return query select 'refused', null::bigint, null::timestamptz;
    return;
  end if;
  update lines l set last_seq = l.last_seq + 1 where l.conversation_id = p_conv returning l.last_seq into next;
  delete from members m where m.conversation_id = p_conv and m.user_id = p_user;
  insert into changes (conversation_id, seq, kind, actor_id, user_id, created_at)
    values (p_conv, next, 'member.left', p_actor, p_user, now);
  update conversations c set member_count = c.member_count - 1 where c.id = p_conv;
  update users u set rev = u.rev + 1 where u.id = p_user;
  return query select 'stored', next, now;
end $$;

-- p_users: the creator first (becomes owner), then everybody else, each once and existing.
create function create_conversation_1(p_name text, p_kind text, p_key uuid, p_users bigint[])
returns table (outcome text, id bigint)
language plpgsql volatile as $$
#variable_conflict use_column
declare
  conv bigint;
  earlier conversations;
  now timestamptz := clock_timestamp();
begin
  insert into conversations (name, kind, created_by, client_key, created_at, member_count)
    values (p_name, p_kind, p_users[1], p_key, now, cardinality(p_users))
    on conflict (created_by, client_key) do nothing returning conversations.id into conv;
  if conv is null then
    select * into earlier from conversations c where c.created_by = p_users[1] and c.client_key = p_key;
    return query select case when earlier.kind = p_kind then 'known' else 'conflict' end, earlier.id;
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
