-- What numbered under the present epoch: another server, or another timeline of it, begins a new one.
alter table epoch
  add column system_identifier text,
  add column timeline text,
  -- Epochs that this one continues, the latest last.
  add column past text[] not null default '{}';

create function remember_epoch_1() returns trigger language plpgsql as $$
begin
  new.past := new.past || old.value;
  new.past := new.past[greatest(1, cardinality(new.past) - 99):];
  return new;
end $$;

create trigger epoch_past before update on epoch
  for each row when (new.value <> old.value) execute function remember_epoch_1();
