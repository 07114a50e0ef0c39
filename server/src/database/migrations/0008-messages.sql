alter table chat_messages
  -- Members that it mentions besides its author; null for nobody. Everybody: mentions_all, and an empty list at least.
  add column mentions bigint[],
  add column mentions_all boolean not null default false,
  add column pinned_at timestamptz,
  -- There are rows in reactions.
  add column reacted boolean not null default false;

create index chat_messages_mentioning on chat_messages (conversation_id, ordinal) where mentions is not null;
create index chat_messages_mentioning_all on chat_messages (conversation_id, ordinal) where mentions_all;
create index chat_messages_mentions on chat_messages using gin (mentions) where mentions is not null;
create index chat_messages_pinned on chat_messages (conversation_id, pinned_at) where pinned_at is not null;

create table reactions (
  message_id bigint not null references chat_messages on delete cascade,
  emoji text not null,
  user_id bigint not null references users on delete cascade,
  -- Of the entry that says so: the order in which they came.
  seq bigint not null,
  primary key (message_id, emoji, user_id)
);

create table saved_messages (
  message_id bigint not null references chat_messages on delete cascade,
  user_id bigint not null references users on delete cascade,
  -- In milliseconds, each of a user later than the one before.
  saved_at timestamptz not null,
  primary key (message_id, user_id)
);
create index saved_messages_user on saved_messages (user_id, saved_at);

alter table message_reads
  -- Counts the moves of the own position, forward and back.
  add column rev bigint not null default 0,
  -- How far it had come before it was set back: what others are told never goes back. The higher one counts.
  add column last_seen_seq bigint not null default 0;

create function count_move_1() returns trigger language plpgsql as $$
begin
  new.rev := old.rev + 1;
  return new;
end $$;

create trigger message_reads_rev before update on message_reads
  for each row when (new.last_read_seq <> old.last_read_seq) execute function count_move_1();

-- Who is named, and who wrote what is quoted: members only, without the author. Of the names at one place
-- in the text the longest that somebody has.
create function mentioned_1(p_conv bigint, p_author bigint, p_quoted bigint, p_places int[], p_keys text[])
returns bigint[] language sql stable as $$
  select coalesce(array_agg(distinct f.user_id order by f.user_id), '{}') from (
    (select distinct on (n.place) b.user_id
      from unnest(p_places, p_keys) n(place, key)
        join users u on u.username_key = n.key
        join members b on b.conversation_id = p_conv and b.user_id = u.id
      order by n.place, char_length(n.key) desc)
    union all
    select b.user_id from chat_messages q
      join members b on b.conversation_id = p_conv and b.user_id = q.user_id
      where q.id = p_quoted and q.conversation_id = p_conv
  ) f where f.user_id <> p_author
$$;

create function may_mention_all_1(p_conv bigint, p_user bigint) returns boolean language sql stable as $$
  select exists (select from members b join conversations c on c.id = b.conversation_id
    where b.conversation_id = p_conv and b.user_id = p_user
      and (c.member_count <= 100 or b.role in ('owner', 'admin')))
$$;

-- As send_messages_1, with replies and mentions. p_named_*: the names in the texts, each with the row it is
-- in and its place there. outcome unquotable: p_reply is no message of that conversation.
create function send_messages_2(
  p_conv bigint[], p_user bigint[], p_key uuid[], p_content text[], p_reply bigint[], p_everybody boolean[],
  p_named_ord int[], p_named_place int[], p_named_key text[]
) returns table (
  ord bigint, id bigint, seq bigint, ordinal bigint, created_at timestamptz, outcome text, name text, kind text,
  mentions jsonb, mentions_all boolean, quote jsonb
)
language plpgsql volatile
-- A plan made while the tables are tiny would be kept, and decays as they grow.
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
#variable_conflict use_column
declare
  v_mentions text[];
  v_everybody boolean[];
  v_quotable boolean[];
begin
  perform 1 from lines l where l.conversation_id = any(p_conv) order by l.conversation_id for no key update;
  if cardinality(p_named_ord) > 0 or true = any(p_everybody) or cardinality(array_remove(p_reply, null)) > 0 then
    select array_agg(x.mentions::text order by x.ord), array_agg(x.everybody order by x.ord),
        array_agg(x.quotable order by x.ord)
      into v_mentions, v_everybody, v_quotable
    from (
      select i.ord, i.everybody and may_mention_all_1(i.conversation_id, i.user_id) as everybody,
        i.reply is null or exists (select from chat_messages q
          where q.id = i.reply and q.conversation_id = i.conversation_id) as quotable,
        mentioned_1(i.conversation_id, i.user_id, i.reply, n.places, n.keys) as mentions
      from unnest(p_conv, p_user, p_reply, p_everybody) with ordinality i(conversation_id, user_id, reply, everybody, ord)
        cross join lateral (
          select array_agg(u.place) as places, array_agg(u.key) as keys
          from unnest(p_named_ord, p_named_place, p_named_key) u(ord, place, key) where u.ord = i.ord
        ) n
    ) x;
  end if;
  return query
  with input as materialized (
    select u.conversation_id, u.user_id, u.client_key, u.content, u.reply_to, u.ord,
      case when u.everybody or u.mentions <> '{}' then u.mentions::bigint[] end as mentions,
      coalesce(u.everybody, false) as mentions_all, coalesce(u.quotable, true) as quotable
    from unnest(p_conv, p_user, p_key, p_content, p_reply, v_mentions, v_everybody, v_quotable)
      with ordinality u(conversation_id, user_id, client_key, content, reply_to, mentions, everybody, quotable, ord)
  ), known as (
    select i.ord, x.id, x.seq, x.ordinal, x.created_at,
      x.conversation_id <> i.conversation_id or x.reply_to is distinct from i.reply_to
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
    where i.quotable and not exists (select from known k where k.ord = i.ord)
    order by i.user_id, i.client_key, i.ord
  ), numbered as (
    select f.*, row_number() over (partition by f.conversation_id order by f.ord) as n from fresh f
  ), bumped as (
    update lines l set last_seq = l.last_seq + c.n, last_ordinal = l.last_ordinal + c.n
    from (select f.conversation_id, count(*) as n from fresh f group by 1) c
    where l.conversation_id = c.conversation_id
    returning l.conversation_id, l.last_seq - c.n as seq, l.last_ordinal - c.n as ordinal
  ), stored as (
    insert into chat_messages (conversation_id, seq, ordinal, version, user_id, client_key, content, reply_to,
      mentions, mentions_all)
    select n.conversation_id, b.seq + n.n, b.ordinal + n.n, b.seq + n.n, n.user_id, n.client_key, n.content,
      n.reply_to, n.mentions, n.mentions_all
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
      when s.id is not null and s.content = i.content and s.reply_to is not distinct from i.reply_to
        then case when f.ord = i.ord then 'stored' else 'known' end
      when s.id is not null or k.other then 'conflict'
      when k.id is not null then 'known'
      when exists (select from stored e where e.user_id = i.user_id and e.client_key = i.client_key) then 'conflict'
      when not exists (
        select from members m where m.conversation_id = i.conversation_id and m.user_id = i.user_id
      ) then 'refused'
      when c.archived_at is not null then 'archived'
      when not i.quotable then 'unquotable'
      else 'refused'
    end,
    c.name, c.kind, to_jsonb(s.mentions), s.mentions_all,
    case when s.reply_to is not null then (
      select jsonb_build_object('id', q.id, 'seq', q.seq,
        'user', jsonb_build_object('id', q.user_id, 'username', a.username),
        'content', left(q.content, 200), 'deleted', q.deleted_at is not null)
      from chat_messages q join users a on a.id = q.user_id where q.id = s.reply_to) end
  from input i
    left join known k on k.ord = i.ord
    left join fresh f on f.conversation_id = i.conversation_id and f.user_id = i.user_id and f.client_key = i.client_key
    left join stored s on s.conversation_id = i.conversation_id and s.user_id = i.user_id and s.client_key = i.client_key
    left join conversations c on c.id = i.conversation_id
  order by i.ord;
end $$;

-- As edit_message_1; mentions follow the new text.
create function edit_message_2(
  p_message bigint, p_user bigint, p_key uuid, p_content text,
  p_everybody boolean, p_named_place int[], p_named_key text[]
) returns table (outcome text, seq bigint, at timestamptz)
language plpgsql volatile as $$
#variable_conflict use_column
declare
  conv bigint := (select m.conversation_id from chat_messages m where m.id = p_message);
  message chat_messages;
  earlier changes;
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
  everybody := p_everybody and may_mention_all_1(conv, p_user);
  told := mentioned_1(conv, message.user_id, message.reply_to, p_named_place, p_named_key);
  update lines l set last_seq = l.last_seq + 1 where l.conversation_id = conv returning l.last_seq into next;
  update chat_messages m set content = p_content, edited_at = now, version = next, mentions_all = everybody,
    mentions = case when everybody or told <> '{}' then told end where m.id = p_message;
  insert into changes (conversation_id, seq, kind, actor_id, message_id, client_key, data, created_at)
    values (conv, next, 'message.edited', p_user, p_message, p_key, jsonb_build_object('before', message.content), now);
  return query select 'stored', next, now;
end $$;

-- As delete_message_1; reactions, mentions and a pin go with the text.
create function delete_message_2(p_message bigint, p_user bigint)
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
  update chat_messages m set content = '', meta = null, deleted_at = now, version = next,
    mentions = null, mentions_all = false, pinned_at = null, reacted = false where m.id = p_message;
  delete from reactions r where r.message_id = p_message;
  -- What was deleted is gone from its history too.
  update changes c set data = null where c.message_id = p_message and c.kind = 'message.edited';
  insert into changes (conversation_id, seq, kind, actor_id, message_id, created_at)
    values (conv, next, 'message.deleted', p_user, p_message, now);
  return query select 'stored', next, now;
end $$;

-- outcome full: as many emojis or reactions as a message may have.
create function react_message_1(
  p_message bigint, p_user bigint, p_emoji text, p_added boolean, p_emojis_max int, p_reactions_max int
) returns table (outcome text, seq bigint, at timestamptz)
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
  if message.id is null or message.deleted_at is not null
    or not exists (select from members m where m.conversation_id = conv and m.user_id = p_user) then
    return query select 'refused', null::bigint, null::timestamptz;
    return;
  end if;
  if exists (select from conversations c where c.id = conv and c.archived_at is not null) then
    return query select 'archived', null::bigint, null::timestamptz;
    return;
  end if;
  if p_added = exists (select from reactions r
    where r.message_id = p_message and r.emoji = p_emoji and r.user_id = p_user) then
    return query select 'unchanged', message.version, null::timestamptz;
    return;
  end if;
  if p_added and (select count(*) >= p_reactions_max or (
      count(distinct r.emoji) >= p_emojis_max and not coalesce(bool_or(r.emoji = p_emoji), false)
    ) from reactions r where r.message_id = p_message) then
    return query select 'full', null::bigint, null::timestamptz;
    return;
  end if;
  update lines l set last_seq = l.last_seq + 1 where l.conversation_id = conv returning l.last_seq into next;
  if p_added then
    insert into reactions (message_id, emoji, user_id, seq) values (p_message, p_emoji, p_user, next);
  else
    delete from reactions r where r.message_id = p_message and r.emoji = p_emoji and r.user_id = p_user;
  end if;
  update chat_messages m set version = next,
    reacted = exists (select from reactions r where r.message_id = p_message) where m.id = p_message;
  insert into changes (conversation_id, seq, kind, actor_id, message_id, data, created_at)
    values (conv, next, 'message.reacted', p_user, p_message,
      jsonb_build_object('emoji', p_emoji, 'added', p_added), now);
  return query select 'stored', next, now;
end $$;

create function pin_message_1(p_message bigint, p_user bigint, p_pinned boolean)
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
  if message.id is null or message.deleted_at is not null
    or not exists (select from members m where m.conversation_id = conv and m.user_id = p_user) then
    return query select 'refused', null::bigint, null::timestamptz;
    return;
  end if;
  if exists (select from conversations c where c.id = conv and c.archived_at is not null) then
    return query select 'archived', null::bigint, null::timestamptz;
    return;
  end if;
  if p_pinned = (message.pinned_at is not null) then
    return query select 'unchanged', message.version, null::timestamptz;
    return;
  end if;
  update lines l set last_seq = l.last_seq + 1 where l.conversation_id = conv returning l.last_seq into next;
  update chat_messages m set version = next, pinned_at = case when p_pinned then now end where m.id = p_message;
  insert into changes (conversation_id, seq, kind, actor_id, message_id, data, created_at)
    values (conv, next, 'message.pinned', p_user, p_message, jsonb_build_object('pinned', p_pinned), now);
  return query select 'stored', next, now;
end $$;

-- The first message on or after a time, found by halving the line; null for none.
create function message_at_1(p_conv bigint, p_at timestamptz) returns bigint
language plpgsql stable
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  low bigint := 0;
  high bigint := (select l.last_seq + 1 from lines l where l.conversation_id = p_conv);
  middle bigint;
  candidate record;
  answer bigint;
begin
  while low + 1 < high loop
    middle := (low + high) / 2;
    select m.seq, m.created_at into candidate from chat_messages m
      where m.conversation_id = p_conv and m.seq >= middle and m.seq < high order by m.seq limit 1;
    if candidate.seq is null then
      high := middle;
    elsif candidate.created_at < p_at then
      low := candidate.seq;
    else
      high := middle;
      answer := candidate.seq;
    end if;
  end loop;
  return answer;
end $$;
