alter table conversations
  add column topic text not null default '' check (char_length(topic) <= 250),
  -- Nobody writes in it any more; what is there can be read.
  add column archived_at timestamptz,
  -- Of direct ones: the sorted ids of their people. The same people have one.
  add column direct_key text unique;

-- What a member has set for themselves alone.
alter table members
  add column favourite boolean not null default false,
  add column muted boolean not null default false,
  add column notify text not null default 'all' check (notify in ('all', 'mentions', 'none'));

alter table users
  add column full_name text not null default '' check (char_length(full_name) <= 80),
  add column about text not null default '' check (char_length(about) <= 500),
  add column do_not_disturb_until timestamptz,
  -- The full name without case and accents, made by the application (protocol's `searchKey`).
  add column full_name_key text not null default '';

-- What people are found by. The username's key is in lower case already.
alter table users add column search_key text not null generated always as (
  translate(regexp_replace(normalize(username_key, nfkd), '[\u0300-\u036f]', '', 'g'), 'đ', 'd')
  || ' ' || full_name_key) stored;

alter table changes drop constraint changes_kind_check;
alter table changes add constraint changes_kind_check check (kind in (
  'message.edited', 'message.deleted', 'message.reacted', 'message.pinned',
  'member.joined', 'member.left', 'member.changed', 'conversation.changed'));

-- As before, but for conversations that are archived: nobody writes there.
create or replace function send_messages_1(
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
      select from members m join conversations c on c.id = m.conversation_id and c.archived_at is null
      where m.conversation_id = i.conversation_id and m.user_id = i.user_id limit 1
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
    select s.conversation_id, s.user_id, max(s.seq), max(s.ordinal) from stored s group by 1, 2 order by 1, 2
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
      when c.archived_at is not null and exists (
        select from members m where m.conversation_id = i.conversation_id and m.user_id = i.user_id
      ) then 'archived'
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

create or replace function edit_message_1(p_message bigint, p_user bigint, p_key uuid, p_content text)
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
  if exists (select from conversations c where c.id = conv and c.archived_at is not null) then
    return query select 'archived', null::bigint, null::timestamptz;
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

-- p_users: everybody, in the order of their ids, each once and existing.
create function direct_conversation_1(p_name text, p_actor bigint, p_users bigint[])
returns table (outcome text, id bigint)
language plpgsql volatile as $$
#variable_conflict use_column
declare
  key text := array_to_string(p_users, ',');
  conv bigint;
  now timestamptz := clock_timestamp();
begin
  insert into conversations (name, kind, created_by, direct_key, created_at, member_count)
    values (p_name, 'direct', p_actor, key, now, cardinality(p_users))
    on conflict (direct_key) do nothing returning conversations.id into conv;
  if conv is null then
    return query select 'known', c.id from conversations c where c.direct_key = key;
    return;
  end if;
  insert into lines (conversation_id, last_seq) values (conv, cardinality(p_users));
  insert into members (conversation_id, user_id, role, joined_seq, joined_at)
    select conv, u.user_id, 'member', u.n, now from unnest(p_users) with ordinality u(user_id, n);
  insert into changes (conversation_id, seq, kind, actor_id, user_id, data, created_at)
    select conv, u.n, 'member.joined', p_actor, u.user_id, jsonb_build_object('role', 'member'), now
    from unnest(p_users) with ordinality u(user_id, n);
  insert into message_reads (conversation_id, user_id, last_read_seq, last_read_ordinal)
    select conv, u.user_id, cardinality(p_users), 0 from unnest(p_users) u(user_id);
  perform 1 from users u where u.id = any(p_users) order by u.id for no key update;
  update users u set rev = u.rev + 1 where u.id = any(p_users);
  return query select 'stored', conv;
end $$;

-- Null: leave it as it is.
create function change_conversation_1(
  p_conv bigint, p_actor bigint, p_name text, p_topic text, p_archived boolean
) returns table (outcome text, seq bigint, at timestamptz, name text, topic text, archived_at timestamptz)
language plpgsql volatile as $$
#variable_conflict use_column
declare
  old conversations;
  new conversations;
  next bigint;
  now timestamptz := date_trunc('milliseconds', clock_timestamp());
begin
  perform 1 from lines l where l.conversation_id = p_conv for no key update;
  select * into old from conversations c where c.id = p_conv and c.kind <> 'direct';
  if old.id is null or not exists (select from members m
    where m.conversation_id = p_conv and m.user_id = p_actor and m.role in ('owner', 'admin')) then
    return query select 'refused', null::bigint, null::timestamptz, null, null, null::timestamptz;
    return;
  end if;
  new := old;
  new.name := coalesce(p_name, old.name);
  new.topic := coalesce(p_topic, old.topic);
  if p_archived is not null then
    new.archived_at := case when p_archived then coalesce(old.archived_at, now) end;
  end if;
  if new is not distinct from old then
    return query select 'unchanged', null::bigint, null::timestamptz, new.name, new.topic, new.archived_at;
    return;
  end if;
  update lines l set last_seq = l.last_seq + 1 where l.conversation_id = p_conv returning l.last_seq into next;
  update conversations c set name = new.name, topic = new.topic, archived_at = new.archived_at
    where c.id = p_conv;
  insert into changes (conversation_id, seq, kind, actor_id, data, created_at)
    values (p_conv, next, 'conversation.changed', p_actor, jsonb_build_object(
      'name', new.name, 'topic', new.topic, 'archivedAt', new.archived_at), now);
  return query select 'stored', next, now, new.name, new.topic, new.archived_at;
end $$;

-- Only owners say who is what. outcome lastOwner: somebody has to be one.
create function change_role_1(p_conv bigint, p_user bigint, p_actor bigint, p_role text)
returns table (outcome text, seq bigint, at timestamptz)
language plpgsql volatile as $$
#variable_conflict use_column
declare
  earlier text;
  next bigint;
  now timestamptz := clock_timestamp();
begin
  perform 1 from lines l where l.conversation_id = p_conv for no key update;
  select m.role into earlier from members m where m.conversation_id = p_conv and m.user_id = p_user;
  if earlier is null or not exists (select from members m
    where m.conversation_id = p_conv and m.user_id = p_actor and m.role = 'owner') then
    return query select 'refused', null::bigint, null::timestamptz;
    return;
  end if;
  if earlier = p_role then
    return query select 'unchanged', null::bigint, null::timestamptz;
    return;
  end if;
  if earlier = 'owner' and not exists (select from members m
    where m.conversation_id = p_conv and m.user_id <> p_user and m.role = 'owner') then
    return query select 'lastOwner', null::bigint, null::timestamptz;
    return;
  end if;
  update lines l set last_seq = l.last_seq + 1 where l.conversation_id = p_conv returning l.last_seq into next;
  update members m set role = p_role where m.conversation_id = p_conv and m.user_id = p_user;
  insert into changes (conversation_id, seq, kind, actor_id, user_id, data, created_at)
    values (p_conv, next, 'member.changed', p_actor, p_user, jsonb_build_object('role', p_role), now);
  return query select 'stored', next, now;
end $$;

-- One leaves, an owner removes anybody, an admin whoever is plain member. Where no owner is left, the
-- longest-serving admin, else member, becomes one: by an entry of its own, right after this one.
create function remove_member_2(p_conv bigint, p_user bigint, p_actor bigint)
returns table (outcome text, seq bigint, at timestamptz, successor_id bigint, successor_name text)
language plpgsql volatile as $$
#variable_conflict use_column
declare
  actor text;
  subject text;
  next bigint;
  successor users;
  now timestamptz := clock_timestamp();
begin
  perform 1 from lines l where l.conversation_id = p_conv for no key update;
  select m.role into actor from members m where m.conversation_id = p_conv and m.user_id = p_actor;
  select m.role into subject from members m where m.conversation_id = p_conv and m.user_id = p_user;
  if actor is null or subject is null
    or not (p_actor = p_user or actor = 'owner' or (actor = 'admin' and subject = 'member')) then
    return query select 'refused', null::bigint, null::timestamptz, null::bigint, null;
    return;
  end if;
  update lines l set last_seq = l.last_seq + 1 where l.conversation_id = p_conv returning l.last_seq into next;
  delete from members m where m.conversation_id = p_conv and m.user_id = p_user;
  insert into changes (conversation_id, seq, kind, actor_id, user_id, created_at)
    values (p_conv, next, 'member.left', p_actor, p_user, now);
  if subject = 'owner' and not exists (
    select from members m where m.conversation_id = p_conv and m.role = 'owner') then
    select u.* into successor from members m join users u on u.id = m.user_id
      where m.conversation_id = p_conv order by u.disabled_at is null desc, m.role = 'admin' desc, m.joined_seq limit 1;
  end if;
  if successor.id is not null then
    update lines l set last_seq = l.last_seq + 1 where l.conversation_id = p_conv;
    update members m set role = 'owner' where m.conversation_id = p_conv and m.user_id = successor.id;
    insert into changes (conversation_id, seq, kind, actor_id, user_id, data, created_at)
      values (p_conv, next + 1, 'member.changed', p_actor, successor.id,
        jsonb_build_object('role', 'owner'), now);
  end if;
  update conversations c set member_count = c.member_count - 1 where c.id = p_conv;
  update users u set rev = u.rev + 1 where u.id = p_user;
  return query select 'stored', next, now, successor.id, successor.username;
end $$;
