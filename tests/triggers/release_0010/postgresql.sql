CREATE OR REPLACE FUNCTION questions_contentversion_move()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
        DECLARE
          moved text;
        BEGIN
          IF current_setting('questions_contentversion.moved', true) IS DISTINCT FROM 'yes' THEN
            PERFORM set_config('questions_contentversion.moved', 'yes', true);

        INSERT INTO questions_contentversion (id, version, changed)
        VALUES (1, gen_random_uuid()::text, clock_timestamp())
        ON CONFLICT (id) DO UPDATE SET version = EXCLUDED.version, changed = EXCLUDED.changed RETURNING version INTO moved;
            PERFORM pg_notify('questions_contentversion', moved);
          END IF;
          RETURN NULL;
        END $function$;

CREATE OR REPLACE FUNCTION questions_question_former_slug()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
        BEGIN
          IF NEW.slug <> OLD.slug THEN
            INSERT INTO questions_formerslug (slug, question_id) VALUES (OLD.slug, NEW.id)
            ON CONFLICT (slug) DO UPDATE SET question_id = EXCLUDED.question_id;
          END IF;
          RETURN NULL;
        END $function$;

CREATE OR REPLACE FUNCTION questions_question_history()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
        DECLARE
          kind text := 'added';
          before jsonb := '{}';
        BEGIN
          IF TG_OP = 'DELETE' THEN
            kind := 'deleted';
            before := to_jsonb(OLD);
          ELSIF TG_OP = 'UPDATE' THEN
            kind := 'edited';
            SELECT jsonb_object_agg(name, earlier) INTO before
            FROM (VALUES ('title', to_jsonb(OLD.title), to_jsonb(NEW.title)), ('slug', to_jsonb(OLD.slug), to_jsonb(NEW.slug)), ('level', to_jsonb(OLD.level), to_jsonb(NEW.level)), ('position', to_jsonb(OLD.position), to_jsonb(NEW.position)), ('published', to_jsonb(OLD.published), to_jsonb(NEW.published)), ('short_answer', to_jsonb(OLD.short_answer), to_jsonb(NEW.short_answer)), ('answer', to_jsonb(OLD.answer), to_jsonb(NEW.answer)), ('further_reading', to_jsonb(OLD.further_reading), to_jsonb(NEW.further_reading)), ('keywords', to_jsonb(OLD.keywords), to_jsonb(NEW.keywords)), ('verified_with', to_jsonb(OLD.verified_with), to_jsonb(NEW.verified_with)), ('verified_on', to_jsonb(OLD.verified_on), to_jsonb(NEW.verified_on)), ('category_id', to_jsonb(OLD.category_id), to_jsonb(NEW.category_id))) AS touched (name, earlier, later)
            WHERE earlier IS DISTINCT FROM later;
            IF before IS NULL THEN
              RETURN NULL;
            END IF;
          END IF;
          INSERT INTO questions_change (question_id, kind, at, actor, road, before)
          VALUES (COALESCE(NEW.id, OLD.id), kind, clock_timestamp(),
                  COALESCE((SELECT actor FROM questions_origin ORDER BY id DESC LIMIT 1), ''), COALESCE((SELECT road FROM questions_origin ORDER BY id DESC LIMIT 1), ''), before);
          IF TG_OP = 'UPDATE' THEN
            DELETE FROM questions_change WHERE question_id = NEW.id AND id <= (SELECT id FROM questions_change WHERE question_id = NEW.id
                 ORDER BY id DESC LIMIT 1 OFFSET 500);
          END IF;
          RETURN NULL;
        END $function$;

CREATE OR REPLACE FUNCTION questions_question_timestamps()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
        DECLARE content questions_question;
        BEGIN
          NEW.created := OLD.created;
          NEW.updated := OLD.updated;
          content := NEW; content.checked_hash := OLD.checked_hash; content.checked_on := OLD.checked_on; content.checked_with := OLD.checked_with;
          IF content IS DISTINCT FROM OLD THEN
            NEW.updated := clock_timestamp();
          END IF;
          RETURN NEW;
        END $function$;

CREATE OR REPLACE FUNCTION questions_tally_count()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
        BEGIN
          IF TG_OP = 'TRUNCATE' THEN
            DELETE FROM questions_tally;
            RETURN NULL;
          END IF;
          IF TG_OP = 'UPDATE' THEN
            IF (NEW.published, NEW.category_id, NEW.level, NEW.position / 256)
               IS NOT DISTINCT FROM
               (OLD.published, OLD.category_id, OLD.level, OLD.position / 256) THEN
              RETURN NULL;
            END IF;
          END IF;
          IF TG_OP <> 'INSERT' AND OLD.published THEN
            UPDATE questions_tally SET questions = questions - 1
            WHERE category_id = OLD.category_id AND level = OLD.level
              AND block = OLD.position / 256;
          END IF;
          IF TG_OP <> 'DELETE' AND NEW.published THEN
            INSERT INTO questions_tally AS tally (category_id, block, level, questions)
            VALUES (NEW.category_id, NEW.position / 256, NEW.level, 1)
            ON CONFLICT (category_id, block, level) DO UPDATE SET questions = tally.questions + 1;
          END IF;
          RETURN NULL;
        END $function$;

CREATE TRIGGER questions_question_timestamps BEFORE UPDATE ON questions_question FOR EACH ROW EXECUTE FUNCTION questions_question_timestamps();

CREATE TRIGGER questions_question_former_slug AFTER UPDATE ON questions_question FOR EACH ROW EXECUTE FUNCTION questions_question_former_slug();

CREATE TRIGGER questions_question_tally AFTER INSERT OR DELETE OR UPDATE ON questions_question FOR EACH ROW EXECUTE FUNCTION questions_tally_count();

CREATE TRIGGER questions_question_tally_truncate AFTER TRUNCATE ON questions_question FOR EACH STATEMENT EXECUTE FUNCTION questions_tally_count();

CREATE TRIGGER questions_question_version_truncate AFTER TRUNCATE ON questions_question FOR EACH STATEMENT EXECUTE FUNCTION questions_contentversion_move();

CREATE TRIGGER questions_category_version_truncate AFTER TRUNCATE ON questions_category FOR EACH STATEMENT EXECUTE FUNCTION questions_contentversion_move();

CREATE TRIGGER questions_formerslug_version_truncate AFTER TRUNCATE ON questions_formerslug FOR EACH STATEMENT EXECUTE FUNCTION questions_contentversion_move();

CREATE CONSTRAINT TRIGGER questions_question_version AFTER INSERT OR DELETE OR UPDATE ON questions_question DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION questions_contentversion_move();

CREATE CONSTRAINT TRIGGER questions_category_version AFTER INSERT OR DELETE OR UPDATE ON questions_category DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION questions_contentversion_move();

CREATE CONSTRAINT TRIGGER questions_formerslug_version AFTER INSERT OR DELETE OR UPDATE ON questions_formerslug DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION questions_contentversion_move();

CREATE TRIGGER questions_question_history AFTER INSERT OR DELETE OR UPDATE ON questions_question FOR EACH ROW EXECUTE FUNCTION questions_question_history();
