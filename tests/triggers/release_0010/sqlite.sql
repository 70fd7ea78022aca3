CREATE TRIGGER questions_question_timestamps AFTER UPDATE ON questions_question BEGIN
              UPDATE questions_question
              SET created = OLD.created,
                  updated = CASE WHEN (NEW.title, NEW.slug, NEW.level, NEW.position, NEW.published, NEW.short_answer, NEW.answer, NEW.further_reading, NEW.keywords, NEW.verified_with, NEW.verified_on, NEW.category_id) IS NOT (OLD.title, OLD.slug, OLD.level, OLD.position, OLD.published, OLD.short_answer, OLD.answer, OLD.further_reading, OLD.keywords, OLD.verified_with, OLD.verified_on, OLD.category_id)
                                 THEN strftime('%Y-%m-%d %H:%M:%f', 'now')
                                 ELSE OLD.updated END
              WHERE id = NEW.id;
            END;

CREATE TRIGGER questions_question_former_slug AFTER UPDATE ON questions_question
            WHEN NEW.slug <> OLD.slug BEGIN
              INSERT OR REPLACE INTO questions_formerslug (slug, question_id) VALUES (OLD.slug, NEW.id);
            END;

CREATE TRIGGER questions_question_tally_insert AFTER INSERT ON questions_question BEGIN

              INSERT INTO questions_tally (category_id, block, level, questions)
              SELECT NEW.category_id, NEW.position / 256, NEW.level, 0
              WHERE NEW.published AND NOT EXISTS (SELECT 1 FROM questions_tally WHERE category_id = NEW.category_id AND level = NEW.level AND block = NEW.position / 256);
              UPDATE questions_tally SET questions = questions + (1)
              WHERE NEW.published AND category_id = NEW.category_id AND level = NEW.level AND block = NEW.position / 256;
            END;

CREATE TRIGGER questions_question_tally_update AFTER UPDATE ON questions_question WHEN (NEW.published, NEW.category_id, NEW.level, NEW.position / 256) IS NOT (OLD.published, OLD.category_id, OLD.level, OLD.position / 256) BEGIN

              INSERT INTO questions_tally (category_id, block, level, questions)
              SELECT OLD.category_id, OLD.position / 256, OLD.level, 0
              WHERE OLD.published AND NOT EXISTS (SELECT 1 FROM questions_tally WHERE category_id = OLD.category_id AND level = OLD.level AND block = OLD.position / 256);
              UPDATE questions_tally SET questions = questions + (-1)
              WHERE OLD.published AND category_id = OLD.category_id AND level = OLD.level AND block = OLD.position / 256;

              INSERT INTO questions_tally (category_id, block, level, questions)
              SELECT NEW.category_id, NEW.position / 256, NEW.level, 0
              WHERE NEW.published AND NOT EXISTS (SELECT 1 FROM questions_tally WHERE category_id = NEW.category_id AND level = NEW.level AND block = NEW.position / 256);
              UPDATE questions_tally SET questions = questions + (1)
              WHERE NEW.published AND category_id = NEW.category_id AND level = NEW.level AND block = NEW.position / 256;
            END;

CREATE TRIGGER questions_question_tally_delete AFTER DELETE ON questions_question BEGIN

              INSERT INTO questions_tally (category_id, block, level, questions)
              SELECT OLD.category_id, OLD.position / 256, OLD.level, 0
              WHERE OLD.published AND NOT EXISTS (SELECT 1 FROM questions_tally WHERE category_id = OLD.category_id AND level = OLD.level AND block = OLD.position / 256);
              UPDATE questions_tally SET questions = questions + (-1)
              WHERE OLD.published AND category_id = OLD.category_id AND level = OLD.level AND block = OLD.position / 256;
            END;

CREATE TRIGGER questions_question_version_insert AFTER INSERT ON questions_question BEGIN
              UPDATE questions_contentversion
        SET version = lower(hex(randomblob(16))), changed = strftime('%Y-%m-%d %H:%M:%f', 'now'); INSERT INTO questions_contentversion (id, version, changed)
        SELECT 1, lower(hex(randomblob(16))), strftime('%Y-%m-%d %H:%M:%f', 'now')
        WHERE NOT EXISTS (SELECT 1 FROM questions_contentversion);
            END;

CREATE TRIGGER questions_question_version_update AFTER UPDATE ON questions_question BEGIN
              UPDATE questions_contentversion
        SET version = lower(hex(randomblob(16))), changed = strftime('%Y-%m-%d %H:%M:%f', 'now'); INSERT INTO questions_contentversion (id, version, changed)
        SELECT 1, lower(hex(randomblob(16))), strftime('%Y-%m-%d %H:%M:%f', 'now')
        WHERE NOT EXISTS (SELECT 1 FROM questions_contentversion);
            END;

CREATE TRIGGER questions_question_version_delete AFTER DELETE ON questions_question BEGIN
              UPDATE questions_contentversion
        SET version = lower(hex(randomblob(16))), changed = strftime('%Y-%m-%d %H:%M:%f', 'now'); INSERT INTO questions_contentversion (id, version, changed)
        SELECT 1, lower(hex(randomblob(16))), strftime('%Y-%m-%d %H:%M:%f', 'now')
        WHERE NOT EXISTS (SELECT 1 FROM questions_contentversion);
            END;

CREATE TRIGGER questions_category_version_insert AFTER INSERT ON questions_category BEGIN
              UPDATE questions_contentversion
        SET version = lower(hex(randomblob(16))), changed = strftime('%Y-%m-%d %H:%M:%f', 'now'); INSERT INTO questions_contentversion (id, version, changed)
        SELECT 1, lower(hex(randomblob(16))), strftime('%Y-%m-%d %H:%M:%f', 'now')
        WHERE NOT EXISTS (SELECT 1 FROM questions_contentversion);
            END;

CREATE TRIGGER questions_category_version_update AFTER UPDATE ON questions_category BEGIN
              UPDATE questions_contentversion
        SET version = lower(hex(randomblob(16))), changed = strftime('%Y-%m-%d %H:%M:%f', 'now'); INSERT INTO questions_contentversion (id, version, changed)
        SELECT 1, lower(hex(randomblob(16))), strftime('%Y-%m-%d %H:%M:%f', 'now')
        WHERE NOT EXISTS (SELECT 1 FROM questions_contentversion);
            END;

CREATE TRIGGER questions_category_version_delete AFTER DELETE ON questions_category BEGIN
              UPDATE questions_contentversion
        SET version = lower(hex(randomblob(16))), changed = strftime('%Y-%m-%d %H:%M:%f', 'now'); INSERT INTO questions_contentversion (id, version, changed)
        SELECT 1, lower(hex(randomblob(16))), strftime('%Y-%m-%d %H:%M:%f', 'now')
        WHERE NOT EXISTS (SELECT 1 FROM questions_contentversion);
            END;

CREATE TRIGGER questions_formerslug_version_insert AFTER INSERT ON questions_formerslug BEGIN
              UPDATE questions_contentversion
        SET version = lower(hex(randomblob(16))), changed = strftime('%Y-%m-%d %H:%M:%f', 'now'); INSERT INTO questions_contentversion (id, version, changed)
        SELECT 1, lower(hex(randomblob(16))), strftime('%Y-%m-%d %H:%M:%f', 'now')
        WHERE NOT EXISTS (SELECT 1 FROM questions_contentversion);
            END;

CREATE TRIGGER questions_formerslug_version_update AFTER UPDATE ON questions_formerslug BEGIN
              UPDATE questions_contentversion
        SET version = lower(hex(randomblob(16))), changed = strftime('%Y-%m-%d %H:%M:%f', 'now'); INSERT INTO questions_contentversion (id, version, changed)
        SELECT 1, lower(hex(randomblob(16))), strftime('%Y-%m-%d %H:%M:%f', 'now')
        WHERE NOT EXISTS (SELECT 1 FROM questions_contentversion);
            END;

CREATE TRIGGER questions_formerslug_version_delete AFTER DELETE ON questions_formerslug BEGIN
              UPDATE questions_contentversion
        SET version = lower(hex(randomblob(16))), changed = strftime('%Y-%m-%d %H:%M:%f', 'now'); INSERT INTO questions_contentversion (id, version, changed)
        SELECT 1, lower(hex(randomblob(16))), strftime('%Y-%m-%d %H:%M:%f', 'now')
        WHERE NOT EXISTS (SELECT 1 FROM questions_contentversion);
            END;

CREATE TRIGGER questions_question_added AFTER INSERT ON questions_question BEGIN

              INSERT INTO questions_change (question_id, kind, at, actor, road, before)
              SELECT NEW.id, 'added', strftime('%Y-%m-%d %H:%M:%f', 'now'),
                     COALESCE((SELECT actor FROM questions_origin ORDER BY id DESC LIMIT 1), ''), COALESCE((SELECT road FROM questions_origin ORDER BY id DESC LIMIT 1), ''), '{}';
            END;

CREATE TRIGGER questions_question_edited AFTER UPDATE ON questions_question WHEN OLD.title IS NOT NEW.title OR OLD.slug IS NOT NEW.slug OR OLD.level IS NOT NEW.level OR OLD.position IS NOT NEW.position OR OLD.published IS NOT NEW.published OR OLD.short_answer IS NOT NEW.short_answer OR OLD.answer IS NOT NEW.answer OR OLD.further_reading IS NOT NEW.further_reading OR OLD.keywords IS NOT NEW.keywords OR OLD.verified_with IS NOT NEW.verified_with OR OLD.verified_on IS NOT NEW.verified_on OR OLD.category_id IS NOT NEW.category_id BEGIN

              INSERT INTO questions_change (question_id, kind, at, actor, road, before)
              SELECT NEW.id, 'edited', strftime('%Y-%m-%d %H:%M:%f', 'now'),
                     COALESCE((SELECT actor FROM questions_origin ORDER BY id DESC LIMIT 1), ''), COALESCE((SELECT road FROM questions_origin ORDER BY id DESC LIMIT 1), ''), (SELECT json_group_object(name, value) FROM (SELECT 'title' AS name, OLD.title AS value WHERE OLD.title IS NOT NEW.title UNION ALL SELECT 'slug' AS name, OLD.slug AS value WHERE OLD.slug IS NOT NEW.slug UNION ALL SELECT 'level' AS name, OLD.level AS value WHERE OLD.level IS NOT NEW.level UNION ALL SELECT 'position' AS name, OLD.position AS value WHERE OLD.position IS NOT NEW.position UNION ALL SELECT 'published' AS name, OLD.published AS value WHERE OLD.published IS NOT NEW.published UNION ALL SELECT 'short_answer' AS name, OLD.short_answer AS value WHERE OLD.short_answer IS NOT NEW.short_answer UNION ALL SELECT 'answer' AS name, OLD.answer AS value WHERE OLD.answer IS NOT NEW.answer UNION ALL SELECT 'further_reading' AS name, OLD.further_reading AS value WHERE OLD.further_reading IS NOT NEW.further_reading UNION ALL SELECT 'keywords' AS name, OLD.keywords AS value WHERE OLD.keywords IS NOT NEW.keywords UNION ALL SELECT 'verified_with' AS name, OLD.verified_with AS value WHERE OLD.verified_with IS NOT NEW.verified_with UNION ALL SELECT 'verified_on' AS name, OLD.verified_on AS value WHERE OLD.verified_on IS NOT NEW.verified_on UNION ALL SELECT 'category_id' AS name, OLD.category_id AS value WHERE OLD.category_id IS NOT NEW.category_id));
              DELETE FROM questions_change WHERE question_id = NEW.id AND id <= (SELECT id FROM questions_change WHERE question_id = NEW.id
                 ORDER BY id DESC LIMIT 1 OFFSET 500);
            END;

CREATE TRIGGER questions_question_deleted AFTER DELETE ON questions_question BEGIN

              INSERT INTO questions_change (question_id, kind, at, actor, road, before)
              SELECT OLD.id, 'deleted', strftime('%Y-%m-%d %H:%M:%f', 'now'),
                     COALESCE((SELECT actor FROM questions_origin ORDER BY id DESC LIMIT 1), ''), COALESCE((SELECT road FROM questions_origin ORDER BY id DESC LIMIT 1), ''), json_object('id', OLD.id, 'title', OLD.title, 'slug', OLD.slug, 'level', OLD.level, 'position', OLD.position, 'published', OLD.published, 'short_answer', OLD.short_answer, 'answer', OLD.answer, 'further_reading', OLD.further_reading, 'keywords', OLD.keywords, 'verified_with', OLD.verified_with, 'verified_on', OLD.verified_on, 'created', OLD.created, 'updated', OLD.updated, 'category_id', OLD.category_id, 'checked_hash', OLD.checked_hash, 'checked_on', OLD.checked_on, 'checked_with', OLD.checked_with);
            END;
