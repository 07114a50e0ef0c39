-- Whether an owner other than p_user can sign in.
create function has_other_owner_1(p_conv bigint, p_user bigint) returns boolean language sql stable as $$
  select exists (select from members m join users u on u.id = m.user_id
    where m.conversation_id = p_conv and m.user_id <> p_user and m.role = 'owner' and u.disabled_at is null)
$$;

-- As add_member_1; who joins where nobody is that can sign in becomes owner. role: what they are.
create function add_member_2(p_conv bigint, p_user bigint, p_actor bigint, p_role text)
returns table (outcome text, seq bigint, at timestamptz, role text)
language plpgsql volatile as $$
#variable_conflict use_column
declare
  next bigint;
  ordinal bigint;
  given text := p_role;
  now timestamptz := clock_timestamp();
begin
  perform 1 from lines l where l.conversation_id = p_conv for no key update;
  if not found or (p_actor <> p_user
    and not exists (select from members m where m.conversation_id = p_conv and m.user_id = p_actor)) then
    return query select 'refused', null::bigint, null::timestamptz, null;
    return;
  end if;
  if exists (select from members m where m.conversation_id = p_conv and m.user_id = p_user) then
    return query select 'unchanged', m.joined_seq, m.joined_at, m.role from members m
      where m.conversation_id = p_conv and m.user_id = p_user;
    return;
  end if;
  if not exists (select from members m join users u on u.id = m.user_id
    where m.conversation_id = p_conv and u.disabled_at is null) then
    given := 'owner';
  end if;
  update lines l set last_seq = l.last_seq + 1 where l.conversation_id = p_conv
    returning l.last_seq, l.last_ordinal into next, ordinal;
  insert into members (conversation_id, user_id, role, joined_seq, joined_at)
    values (p_conv, p_user, given, next, now);
  insert into changes (conversation_id, seq, kind, actor_id, user_id, data, created_at)
    values (p_conv, next, 'member.joined', p_actor, p_user, jsonb_build_object('role', given), now);
  -- What was written before somebody came is not unread to them.
  insert into message_reads as r (conversation_id, user_id, last_read_seq, last_read_ordinal)
    values (p_conv, p_user, next, ordinal)
    on conflict (conversation_id, user_id) do update set
      last_read_seq = excluded.last_read_seq, last_read_ordinal = excluded.last_read_ordinal;
  update conversations c set member_count = c.member_count + 1 where c.id = p_conv;
  update users u set rev = u.rev + 1 where u.id = p_user;
  return query select 'stored', next, now, given;
end $$;

-- As change_role_1; an owner who cannot sign in is not enough.
create function change_role_2(p_conv bigint, p_user bigint, p_actor bigint, p_role text)
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
  if earlier = 'owner' and not has_other_owner_1(p_conv, p_user) then
    return query select 'lastOwner', null::bigint, null::timestamptz;
    return;
  end if;
  update lines l set last_seq = l.last_seq + 1 where l.conversation_id = p_conv returning l.last_seq into next;
  update members m set role = p_role where m.conversation_id = p_conv and m.user_id = p_user;
  insert into changes (conversation_id, seq, kind, actor_id, user_id, data, created_at)
    values (p_conv, next, 'member.changed', p_actor, p_user, jsonb_build_object('role', p_role), now);
  return query select 'stored', next, now;
end $$;

-- As remove_member_2; an owner who cannot sign in is not enough, unless nobody else can either.
create function remove_member_3(p_conv bigint, p_user bigint, p_actor bigint)
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
  if subject = 'owner' and not has_other_owner_1(p_conv, p_user) then
    select u.* into successor from members m join users u on u.id = m.user_id
      where m.conversation_id = p_conv and m.role <> 'owner' and (u.disabled_at is null
        or not exists (select from members o where o.conversation_id = p_conv and o.role = 'owner'))
      order by u.disabled_at is null desc, m.role = 'admin' desc, m.joined_seq limit 1;
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
