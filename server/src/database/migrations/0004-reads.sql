-- How far each member's devices have received the line. Reading implies it: the higher of the two counts.
alter table message_reads add column last_delivered_seq bigint not null default 0;

-- Off: others do not see this user's positions, and this user does not see theirs.
alter table users add column read_receipts boolean not null default true;

-- As before, but for the order in which read positions are written: they are also moved many at a time
-- without a lock on the line, so everybody takes them by conversation and user.
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
